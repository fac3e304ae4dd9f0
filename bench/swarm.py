#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A fake-worker swarm: one process that speaks Perspective Broker for N workers.

Every worker answers getWorkerInfo / setBuilderList / startBuild / startCommand at
once.  No subprocess is ever started: a 'shell' command whose argv begins with
"replay" prints what its further words ask for:

    replay lines=20 width=60          20 lines of 60 characters
    replay bytes=52428800 chunk=65536 50 MB in 64 KiB updates
    ... rate=1000000                  at most 1 MB/s (0: as fast as it is taken)
    ... sleep=0.5                     wait before the exit status is sent
    ... rc=1                          exit status

Any other command finishes at once with rc=0.  Status comes out as JSON lines.
"""

import argparse
import asyncio
import hashlib
import json
import os
import random
import resource
import signal
import struct
import sys
import time

# ---------------------------------------------------------------- banana codec

VOCAB = {
    name: i + 1
    for i, name in enumerate(
        (
            "None class dereference reference dictionary function instance list module "
            "persistent tuple unpersistable copy cache cached remote local lcache version "
            "login password challenge logged_in not_logged_in cachemessage message answer "
            "error decref decache uncache"
        ).split()
    )
}
WORDS = [b""] + [name.encode() for name in VOCAB]
T_LIST, T_INT, T_STR, T_NEG, T_FLOAT, T_LONGINT, T_LONGNEG, T_VOCAB = range(0x80, 0x88)


def b128(n):
    out = bytearray()
    while True:
        out.append(n & 0x7F)
        n >>= 7
        if not n:
            return bytes(out)


def e_list(n):
    return b128(n) + b"\x80"


def e_int(n):
    if n >= 0:
        return b128(n) + (b"\x81" if n < 1 << 31 else b"\x85")
    return b128(-n) + (b"\x83" if n >= -(1 << 31) else b"\x86")


def e_str(s):
    return b128(len(s)) + b"\x82" + s


def e_word(name):
    return b128(VOCAB[name]) + b"\x87"


def parse(buf, pos):
    """One banana expression at pos -> (value, next pos); IndexError if cut short."""
    c = buf[pos]
    n = 0
    if c < 0x80:
        shift = 0
        while c < 0x80:
            n |= c << shift
            shift += 7
            pos += 1
            c = buf[pos]
    pos += 1
    if c == T_STR:
        end = pos + n
        if end > len(buf):
            raise IndexError
        return buf[pos:end], end
    if c == T_LIST:
        items = []
        for _ in range(n):
            item, pos = parse(buf, pos)
            items.append(item)
        return items, pos
    if c == T_VOCAB:
        return WORDS[n], pos
    if c == T_INT or c == T_LONGINT:
        return n, pos
    if c == T_NEG or c == T_LONGNEG:
        return -n, pos
    if c == T_FLOAT:
        if pos + 8 > len(buf):
            raise IndexError
        return struct.unpack_from("!d", buf, pos)[0], pos + 8
    raise ValueError(f"banana type byte {c:#x}")


# ----------------------------------------------------------------- jelly codec

J_NONE = e_list(1) + e_word("None")
EMPTY_KW = e_list(1) + e_word("dictionary")


def jelly(obj):
    """Python value -> banana bytes of its jelly."""
    if obj is None:
        return J_NONE
    if isinstance(obj, bool):
        return e_list(2) + e_str(b"boolean") + e_str(b"true" if obj else b"false")
    if isinstance(obj, int):
        return e_int(obj)
    if isinstance(obj, str):
        return e_list(2) + e_str(b"unicode") + e_str(obj.encode())
    if isinstance(obj, bytes):
        return e_str(obj)
    if isinstance(obj, Ref):
        return e_list(2) + e_word("remote") + e_int(obj.luid)
    if isinstance(obj, (list, tuple)):
        word = "list" if isinstance(obj, list) else "tuple"
        return e_list(len(obj) + 1) + e_word(word) + b"".join(map(jelly, obj))
    if isinstance(obj, dict):
        return (
            e_list(len(obj) + 1)
            + e_word("dictionary")
            + b"".join(e_list(2) + jelly(k) + jelly(v) for k, v in obj.items())
        )
    raise TypeError(type(obj))


class Ref:
    def __init__(self, luid):
        self.luid = luid


def unjelly(x, seen=None):
    """Decoded banana -> Python value (strings, containers and references only)."""
    if not isinstance(x, list):
        return x
    seen = {} if seen is None else seen
    tag = x[0]
    if tag == b"unicode":
        return x[1].decode("utf-8", "replace")
    if tag == b"None":
        return None
    if tag == b"boolean":
        return x[1] == b"true"
    if tag in (b"list", b"tuple", b"set", b"frozenset"):
        return [unjelly(i, seen) for i in x[1:]]
    if tag == b"dictionary":
        return {unjelly(k, seen): unjelly(v, seen) for k, v in x[1:]}
    if tag == b"remote":
        return Ref(x[1])
    if tag == b"reference":
        seen[x[1]] = value = unjelly(x[2], seen)
        return value
    if tag == b"dereference":
        return seen.get(x[1])
    return x


# --------------------------------------------------- pieces encoded ahead of time

MSG_HEAD = e_list(7) + e_word("message")
ANSWER_HEAD = e_list(3) + e_word("answer")
DECREF_HEAD = e_list(2) + e_word("decref")
CALL_UPDATE = e_str(b"update") + e_int(1)
CALL_COMPLETE = e_str(b"complete") + e_int(1) + e_list(2) + e_word("tuple") + J_NONE + EMPTY_KW
# update([[{key: value}, 0]]) around the jellied value
UPD_A = (
    e_list(2)
    + e_word("tuple")
    + e_list(2)
    + e_word("list")
    + e_list(3)
    + e_word("list")
    + e_list(2)
    + e_word("dictionary")
    + e_list(2)
)
UPD_B = e_int(0) + EMPTY_KW


def update_body(key, value):
    return CALL_UPDATE + UPD_A + jelly(key) + jelly(value) + UPD_B


HEADER = (
    "{argv}\n in dir /srv/worker/build (timeout 1200 secs)\n watching logfiles {{}}\n"
    " argv: {argv}\n environment:\n  HOME=/srv/worker\n  LANG=C.UTF-8\n  LOGNAME=worker\n"
    "  PATH=/usr/local/bin:/usr/bin:/bin\n  PWD=/srv/worker/build\n  SHELL=/bin/sh\n"
    " using PTY: False\n"
)


def make_pool(size=1 << 20, width=100):
    """About 1 MiB of build-log-like text, ending in a newline (always the same)."""
    rng = random.Random(7)
    words = (
        "gcc -c -O2 -Wall src lib core net util main test note warning unused variable in "
        "function include passed ok failed linking object target generated".split()
    )
    lines, total, n = [], 0, 0
    while total < size:
        n += 1
        line = (
            f"[{n:6d}] "
            + " ".join(rng.choice(words) for _ in range(12))
            + f" {rng.getrandbits(48):012x}"
        )
        lines.append(line[: width - 1].ljust(width - 1, ".") + "\n")
        total += width
    return "".join(lines)


POOL = make_pool()


def chunk_texts(total, chunk):
    """Texts of at most `chunk` bytes whose lengths add up to `total` (repeating the pool)."""
    cycle = [POOL[i : i + chunk] for i in range(0, len(POOL), chunk)]
    while total > 0:
        for text in cycle:
            if total <= 0:
                return
            yield text if len(text) <= total else text[: total - 1] + "\n"
            total -= len(text)


class Spec:
    """What one command prints; parsed once per distinct argument text."""

    cache = {}

    def __init__(self, argv):
        opts = dict(w.split("=", 1) for w in argv[1:] if "=" in w) if argv[:1] == ["replay"] else {}
        self.bytes = int(opts.get("bytes", 0))
        self.chunk = int(opts.get("chunk", 65536))
        self.rate = float(opts.get("rate", 0))
        self.sleep = float(opts.get("sleep", 0))
        self.head = update_body("header", HEADER.format(argv=" ".join(argv)))
        self.body = None
        lines, width = int(opts.get("lines", 0)), int(opts.get("width", 60))
        if lines:
            text = "".join(f"{i:04d} ".ljust(width - 1, "x") + "\n" for i in range(lines))
            self.body = update_body("stdout", text)
        self.tail = [
            update_body("rc", int(opts.get("rc", 0))),
            update_body("header", "elapsedTime=0.001000\n"),
        ]
        self.killed = [update_body("header", "command interrupted\n"), update_body("rc", -1)]
        self.simple = not self.bytes and not self.sleep
        self.nbytes = self.bytes or lines * width

    def chunks(self):
        memo = {}
        for text in chunk_texts(self.bytes, self.chunk):
            body = memo.get(id(text))
            if body is None:
                body = memo[id(text)] = (text, update_body("stdout", text))
            yield len(text), body[1]


# ------------------------------------------------------------------ one worker


class Stats:
    __slots__ = (
        "attached",
        "lost",
        "msgs_in",
        "msgs_out",
        "commands",
        "builds",
        "payload",
        "rejected",
    )

    def __init__(self):
        for k in self.__slots__:
            setattr(self, k, 0)


class Worker(asyncio.Protocol):
    def __init__(self, swarm, name):
        self.swarm, self.name, self.stats = swarm, name, swarm.stats
        self.buf = b""
        self.dialect = False
        self.reqid = 0
        self.pending = {}  # our request id -> callback(result)
        self.builders = {}  # name -> luid
        self.luids = 10  # luid 1 is the bot itself
        self.running = {}  # builder luid -> Command
        self.attached = asyncio.get_running_loop().create_future()
        self.closed = asyncio.get_running_loop().create_future()
        self.writable = asyncio.Event()
        self.writable.set()

    # transport events
    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(high=1 << 20)

    def connection_lost(self, exc):
        for cmd in self.running.values():
            cmd.stopped = True
        self.writable.set()
        if not self.attached.done():
            self.attached.set_exception(ConnectionError(f"{self.name}: connection lost"))
        elif not self.attached.exception():
            self.stats.lost += 1
            self.swarm.up -= 1
        if not self.closed.done():
            self.closed.set_result(None)

    def pause_writing(self):
        self.writable.clear()

    def resume_writing(self):
        self.writable.set()

    def data_received(self, data):
        buf = self.buf + data if self.buf else data
        pos = 0
        out = []
        try:
            while pos < len(buf):
                pos = self.handle(buf, pos, out)
        except IndexError:
            pass
        self.buf = buf[pos:] if pos < len(buf) else b""
        if out:
            self.transport.write(b"".join(out))

    # protocol
    def handle(self, buf, pos, out):
        if not self.dialect:
            _, pos = parse(buf, pos)  # the dialects the master offers
            out.append(e_str(b"pb") + e_list(2) + e_word("version") + e_int(6))
            self.dialect = True
            self.call(out, e_str(b"root"), b"login", [self.name], self.got_challenge)
            return pos
        n, p = parse_list_head(buf, pos)
        cmd, p = parse(buf, p)
        if cmd == b"answer":
            req, p = parse(buf, p)
            result, p = parse(buf, p)
            self.stats.msgs_in += 1
            callback = self.pending.pop(req, None)
            if callback:
                callback(out, result)
            return p
        if cmd == b"message":
            req, p = parse(buf, p)
            obj, p = parse(buf, p)
            method, p = parse(buf, p)
            wants, p = parse(buf, p)
            if method == b"startCommand":
                p = self.start_command(buf, p, req, obj, out)
            else:
                args, p = parse(buf, p)
                _, p = parse(buf, p)
                result = self.dispatch(method, args, obj, out)
                if wants:
                    out.append(ANSWER_HEAD + e_int(req) + result)
            self.stats.msgs_in += 1
            self.stats.msgs_out += 1
            return p
        rest = []
        for _ in range(n - 1):
            item, p = parse(buf, p)
            rest.append(item)
        self.stats.msgs_in += 1
        if cmd == b"error":
            self.pending.pop(rest[0], None)
            if not self.attached.done():
                self.stats.rejected += 1
                self.attached.set_exception(ConnectionError(f"{self.name}: {rest[1]!r:.200}"))
                self.transport.abort()
        return p

    def call(self, out, obj, method, args, callback=None):
        self.reqid += 1
        if callback:
            self.pending[self.reqid] = callback
        self.stats.msgs_out += 1
        out.append(
            MSG_HEAD
            + e_int(self.reqid)
            + obj
            + e_str(method)
            + e_int(1)
            + jelly(tuple(args))
            + EMPTY_KW
        )

    def got_challenge(self, out, result):
        challenge, challenger = unjelly(result)
        inner = hashlib.md5(self.swarm.password.encode()).digest()
        digest = hashlib.md5(inner + challenge).digest()
        self.call(out, e_int(challenger.luid), b"respond", [digest, Ref(1)], self.got_perspective)

    def got_perspective(self, out, result):
        self.attached.set_result(None)
        self.stats.attached += 1
        self.swarm.up += 1
        if self.swarm.up == self.swarm.opts.workers:
            self.swarm.say("all_attached")

    def dispatch(self, method, args, obj, out):
        if method == b"startBuild":
            self.stats.builds += 1
        elif method == b"setBuilderList":
            wanted = [pair[0] for pair in unjelly(args)[0]]
            for name in wanted:
                if name not in self.builders:
                    self.luids += 1
                    self.builders[name] = self.luids
            return jelly({name: Ref(self.builders[name]) for name in wanted})
        elif method == b"getWorkerInfo":
            return self.swarm.info
        elif method == b"getCommands":
            return jelly(self.swarm.commands)
        elif method == b"getVersion":
            return jelly("4.3.0")
        elif method == b"interruptCommand":
            command = self.running.get(obj)
            if command:
                command.interrupt(out)
        elif method == b"shutdown":
            asyncio.get_running_loop().call_later(0.05, self.transport.close)
        return J_NONE

    def start_command(self, buf, pos, req, obj, out):
        """args of startCommand: (tuple, remote command, command id, name, args dict)."""
        _, p = parse_list_head(buf, pos)
        _, p = parse(buf, p)
        remote, p = parse(buf, p)
        _, p = parse(buf, p)
        # name, args and kw are the same text for the same step again and again:
        # remember them so that they need not be decoded each time
        for tail, spec in self.swarm.tails.get(obj, ()):
            if buf.startswith(tail, p):
                p += len(tail)
                break
        else:
            start = p
            name, p = parse(buf, p)
            args, p = parse(buf, p)
            _, p = parse(buf, p)
            name, args = unjelly(name), unjelly(args)
            argv = args.get("command") if name == "shell" and isinstance(args, dict) else None
            argv = argv.split() if isinstance(argv, str) else [str(a) for a in argv or [name]]
            spec = Spec.cache.get(tuple(argv))
            if spec is None:
                spec = Spec.cache[tuple(argv)] = Spec(argv)
            known = self.swarm.tails.setdefault(obj, [])
            known.insert(0, (bytes(buf[start:p]), spec))
            del known[64:]
        out.append(ANSWER_HEAD + e_int(req) + J_NONE)
        self.stats.commands += 1
        ref = remote[1]
        if spec.simple:
            self.finish_simple(out, ref, spec)
        else:
            Command(self, obj, ref, spec)
        return p

    def send(self, out, ref, body, callback=None):
        self.reqid += 1
        if callback:
            self.pending[self.reqid] = callback
        self.stats.msgs_out += 1
        out.append(MSG_HEAD + e_int(self.reqid) + ref + body)

    def finish_simple(self, out, luid, spec):
        ref = e_int(luid)
        self.send(out, ref, spec.head)
        if spec.body:
            self.send(out, ref, spec.body)
            self.stats.payload += spec.nbytes
        self.complete(out, luid, spec.tail)

    def complete(self, out, luid, bodies):
        ref = e_int(luid)
        for body in bodies:
            self.send(out, ref, body)
        self.send(out, ref, CALL_COMPLETE, lambda out, _: out.append(DECREF_HEAD + e_int(luid)))


def parse_list_head(buf, pos):
    c = buf[pos]
    n = shift = 0
    while c < 0x80:
        n |= c << shift
        shift += 7
        pos += 1
        c = buf[pos]
    if c != T_LIST:
        raise ValueError("list expected")
    return n, pos + 1


class Command:
    """A command that takes time: a long output, a rate, or a sleep."""

    def __init__(self, worker, builder, luid, spec):
        self.worker, self.builder, self.luid, self.spec = worker, builder, luid, spec
        self.unacked, self.stopped = 0, False
        self.room = asyncio.Event()
        worker.running[builder] = self
        self.task = asyncio.get_running_loop().create_task(self.run())

    def acked(self, out, _):
        self.unacked -= 1
        self.room.set()

    async def run(self):
        w, spec, ref = self.worker, self.spec, e_int(self.luid)
        window = w.swarm.window
        out = []
        w.send(out, ref, spec.head)
        if spec.body:
            w.send(out, ref, spec.body)
        w.transport.write(b"".join(out))
        began, sent = time.monotonic(), 0
        for size, body in spec.chunks() if spec.bytes else ():
            if self.stopped:
                return
            if spec.rate:
                ahead = sent / spec.rate - (time.monotonic() - began)
                if ahead > 0:
                    await asyncio.sleep(ahead)
            await w.writable.wait()
            while self.unacked >= window and not self.stopped:
                self.room.clear()
                await self.room.wait()
            self.unacked += 1
            out = []
            w.send(out, ref, body, self.acked)
            w.transport.writelines(out)
            w.stats.payload += size
            sent += size
            if not sent & 0xFFFFF:
                await asyncio.sleep(0)
        if spec.sleep:
            await asyncio.sleep(spec.sleep)
        if not self.stopped:
            self.end(spec.tail)

    def end(self, bodies):
        self.stopped = True
        self.worker.running.pop(self.builder, None)
        out = []
        self.worker.complete(out, self.luid, bodies)
        self.worker.transport.write(b"".join(out))

    def interrupt(self, out):
        if not self.stopped:
            self.stopped = True
            self.room.set()
            asyncio.get_running_loop().call_soon(self.end, self.spec.killed)


# ------------------------------------------------------------------- the swarm


class Swarm:
    def __init__(self, opts):
        self.opts, self.password, self.window = opts, opts.password, opts.window
        self.stats = Stats()
        self.up = 0  # workers attached now
        self.tails = {}
        self.commands = {
            name: "3.3"
            for name in (
                "shell uploadFile uploadDirectory downloadFile mkdir rmdir cpdir stat glob listdir "
                "rmfile"
            ).split()
        }
        self.info = jelly(
            {
                "admin": "bench\n",
                "host": "swarm\n",
                "environ": {"PATH": "/usr/bin:/bin", "HOME": "/srv/worker"},
                "system": "posix",
                "basedir": "/srv/worker",
                "numcpus": 4,
                "version": "4.3.0",
                "worker_commands": self.commands,
                "delete_leftover_dirs": False,
            }
        )
        self.began = time.monotonic()

    def say(self, event, **kw):
        usage = resource.getrusage(resource.RUSAGE_SELF)
        kw.update(
            event=event,
            secs=round(time.monotonic() - self.began, 3),
            cpu=round(usage.ru_utime + usage.ru_stime, 3),
            **{k: getattr(self.stats, k) for k in Stats.__slots__},
        )
        print(json.dumps(kw), flush=True)

    async def keep(self, name, gate, until):
        """Connect one worker, and again whenever the connection is lost."""
        loop = asyncio.get_running_loop()
        host, port = self.opts.master.rsplit(":", 1)
        while time.monotonic() < until:
            worker = None
            async with gate:
                try:
                    _, worker = await loop.create_connection(
                        lambda: Worker(self, name), host, int(port)
                    )
                    await worker.attached
                except OSError as e:
                    if self.stats.rejected <= 5 and self.stats.rejected:
                        self.say("error", text=str(e))
            if worker:
                await worker.closed
            await asyncio.sleep(self.opts.retry)

    async def main(self):
        loop = asyncio.get_running_loop()
        stop = loop.create_future()
        for sig in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sig, lambda: stop.done() or stop.set_result(None))
        loop.add_signal_handler(signal.SIGUSR1, lambda: self.say("stats"))
        parent = os.getppid()

        def orphaned():  # never outlive the benchmark that started us
            if os.getppid() != parent:
                return stop.done() or stop.set_result(None)
            loop.call_later(1, orphaned)

        orphaned()
        gate = asyncio.Semaphore(self.opts.parallel)
        until = time.monotonic() + self.opts.max_seconds
        first = self.opts.first
        tasks = [
            loop.create_task(self.keep(f"w{i}", gate, until))
            for i in range(first, first + self.opts.workers)
        ]
        try:
            await asyncio.wait_for(stop, self.opts.max_seconds)
        except asyncio.TimeoutError:
            pass
        self.say("end")
        for t in tasks:
            t.cancel()


def ceiling():
    """CPU cost of the swarm alone: canned master traffic, no sockets' other end."""

    class Sink:
        def __init__(self):
            self.n = 0

        def write(self, data):
            self.n += len(data)

        def writelines(self, parts):
            self.n += sum(map(len, parts))

        def set_write_buffer_limits(self, **kw):
            pass

    async def run():
        opts = argparse.Namespace(password="pw", window=64)
        swarm = Swarm(opts)
        w = Worker(swarm, "w0")
        w.connection_made(Sink())
        w.dialect = True
        args = {
            "command": ["replay", "lines=20"],
            "workdir": "build",
            "env": None,
            "want_stdout": 1,
            "want_stderr": 1,
            "logfiles": {},
            "timeout": 1200,
            "maxTime": None,
            "max_lines": None,
            "sigtermTime": None,
            "usePTY": None,
            "logEnviron": True,
            "initial_stdin": None,
            "interruptSignal": "KILL",
        }

        def step(i):
            msgs = (
                MSG_HEAD
                + e_int(i)
                + e_int(11)
                + e_str(b"startCommand")
                + e_int(1)
                + e_list(5)
                + e_word("tuple")
                + e_list(2)
                + e_word("remote")
                + e_int(i)
                + jelly(str(i))
                + jelly("shell")
                + jelly(args)
                + EMPTY_KW
            )
            return msgs, b"".join(
                ANSWER_HEAD + e_int(5 * (i - 1) + k) + e_int(0) for k in range(1, 6)
            )

        n = 20000
        feed = [step(i) for i in range(1, n + 1)]
        t = time.process_time()
        for msgs, acks in feed:
            w.data_received(msgs)
            w.data_received(acks)
        per_step = (time.process_time() - t) / n
        spec, count = Spec(["replay", "bytes=268435456"]), 0
        t = time.process_time()
        for size, body in spec.chunks():
            out = []
            w.send(out, e_int(7), body, lambda o, r: None)
            w.transport.writelines(out)
            w.data_received(ANSWER_HEAD + e_int(w.reqid) + e_int(0))
            count += size
        per_byte = (time.process_time() - t) / count
        print(
            json.dumps(
                {
                    "event": "ceiling",
                    "cpu_us_per_step": round(per_step * 1e6, 1),
                    "steps_per_cpu_s": round(1 / per_step),
                    "codec_MB_per_cpu_s": round(1e-6 / per_byte),
                }
            )
        )

    asyncio.run(run())


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("--master", default="127.0.0.1:9989", help="host:port of the worker listener")
    ap.add_argument("--workers", type=int, default=50)
    ap.add_argument("--first", type=int, default=0, help="number of the first worker")
    ap.add_argument("--password", default="pw")
    ap.add_argument("--parallel", type=int, default=100, help="logins under way at once")
    ap.add_argument(
        "--window", type=int, default=64, help="unacknowledged output updates per command"
    )
    ap.add_argument("--retry", type=float, default=1.0, help="seconds before a reconnect")
    ap.add_argument("--max-seconds", type=float, default=3600)
    ap.add_argument("--ceiling", action="store_true", help="measure the swarm's own cost and exit")
    opts = ap.parse_args()
    if opts.ceiling:
        return ceiling()
    try:
        import uvloop

        run = uvloop.run
    except ImportError:
        run = asyncio.run
    run(Swarm(opts).main())


if __name__ == "__main__":
    sys.exit(main())
