# SPDX-License-Identifier: MIT
"""Lean clients of the public interfaces: HTTP keep-alive, load generation, WebSocket."""

import asyncio
import base64
import json
import os
import re
import shutil
import struct
import subprocess
import time


class Http:
    """One keep-alive connection, one request at a time."""

    def __init__(self, port, host="127.0.0.1"):
        self.host, self.port, self.writer = host, port, None

    async def request(self, method, path, body=b"", ctype="application/json"):
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Accept: application/json\r\n"
        )
        if body:
            head += f"Content-Type: {ctype}\r\nContent-Length: {len(body)}\r\n"
        for attempt in (0, 1):
            fresh = self.writer is None
            if fresh:
                self.reader, self.writer = await asyncio.open_connection(
                    self.host, self.port, limit=1 << 22
                )
            try:
                self.writer.write(head.encode() + b"\r\n" + body)
                return await self._response()
            except (ConnectionError, asyncio.IncompleteReadError):
                self.close()
                if fresh or attempt:
                    raise
            except BaseException:
                self.close()
                raise

    async def _response(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(head[9:12])
        low = head.lower()
        if "transfer-encoding: chunked" in low:
            parts = []
            while True:
                size = int((await self.reader.readuntil(b"\r\n"))[:-2].split(b";")[0], 16)
                data = await self.reader.readexactly(size + 2)
                if not size:
                    break
                parts.append(data[:-2])
            body = b"".join(parts)
        else:
            m = re.search(r"content-length: *(\d+)", low)
            body = await self.reader.readexactly(int(m[1])) if m else await self.reader.read()
        if "connection: close" in low:
            self.close()
        return status, body

    def close(self):
        if self.writer:
            self.writer.close()
        self.writer = None

    async def get(self, path):
        status, body = await self.request("GET", path)
        if status != 200:
            raise RuntimeError(f"GET {path}: {status} {body[:200]!r}")
        return json.loads(body)

    async def force(self, builderid, scheduler="force"):
        """Force a build; returns the build request's id."""
        call = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "force",
            "params": {"builderid": str(builderid), "reason": "bench"},
        }
        status, body = await self.request(
            "POST", f"/api/v2/forceschedulers/{scheduler}", json.dumps(call).encode()
        )
        if status != 200:
            raise RuntimeError(f"force: {status} {body[:200]!r}")
        return list(json.loads(body)["result"][1].values())[0]


def quantiles(values, *qs):
    """Milliseconds at the given quantiles (nearest rank), or None for no values."""
    v = sorted(values)
    return [round(v[min(len(v) - 1, int(q * len(v)))] * 1e3, 2) if v else None for q in qs]


class Probe:
    """GETs at a fixed rate, each on a free connection, however slow the answers are."""

    def __init__(self, port, hz=20, path="/api/v2/builders/1", conns=64):
        self.port, self.hz, self.path = port, hz, path
        self.free = [Http(port) for _ in range(conns)]
        self.lat, self.errors, self.skipped = [], 0, 0
        self.tasks = set()

    async def __aenter__(self):
        self.loop_task = asyncio.create_task(self.run())
        return self

    async def __aexit__(self, *exc):
        self.loop_task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=30)

    async def run(self):
        t0, i = time.monotonic(), 0
        while True:
            i += 1
            await asyncio.sleep(max(0, t0 + i / self.hz - time.monotonic()))
            if not self.free:
                self.skipped += 1
                continue
            task = asyncio.create_task(self.one(self.free.pop()))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def one(self, conn):
        t = time.monotonic()
        try:
            status, _ = await asyncio.wait_for(conn.request("GET", self.path), 120)
            self.errors += status != 200
        except (OSError, EOFError, asyncio.TimeoutError):
            self.errors += 1
        self.lat.append(time.monotonic() - t)
        self.free.append(conn)

    def result(self, name="probe"):
        p50, p99, top = quantiles(self.lat, 0.5, 0.99, 1)
        return {
            f"{name}_p50_ms": p50,
            f"{name}_p99_ms": p99,
            f"{name}_max_ms": top,
            f"{name}_n": len(self.lat),
            f"{name}_errors": self.errors + self.skipped,
        }


async def load(port, path, conns=32, secs=10):
    """Requests/s and latency with `conns` keep-alive clients (wrk, or Python if there is none)."""
    if shutil.which("wrk"):
        cmd = [
            "wrk",
            "-t1",
            f"-c{conns}",
            f"-d{secs}s",
            "--latency",
            "--timeout",
            "60s",
            "-H",
            "Accept: application/json",
            f"http://127.0.0.1:{port}{path}",
        ]
        proc = await asyncio.create_subprocess_exec(*cmd, stdout=subprocess.PIPE)
        text = (await proc.communicate())[0].decode()

        def ms(label):
            m = re.search(rf"{label}\s+([\d.]+)(us|ms|s|m)\b", text)
            return (
                round(float(m[1]) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}[m[2]], 2)
                if m
                else None
            )

        rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        return {
            "rps": float(rate[1]),
            "p50_ms": ms("50%"),
            "p99_ms": ms("99%"),
            "bad": int(bad[1]) if bad else 0,
        }
    lat, bad = [], 0
    until = time.monotonic() + secs

    async def client():
        nonlocal bad
        conn = Http(port)
        while time.monotonic() < until:
            t = time.monotonic()
            bad += (await conn.request("GET", path))[0] != 200
            lat.append(time.monotonic() - t)
        conn.close()

    t = time.monotonic()
    await asyncio.gather(*(client() for _ in range(conns)))
    p50, p99 = quantiles(lat, 0.5, 0.99)
    return {
        "rps": round(len(lat) / (time.monotonic() - t), 1),
        "p50_ms": p50,
        "p99_ms": p99,
        "bad": bad,
        "client": "python",
    }


class WebSocket(asyncio.Protocol):
    """Counts frames without decoding them; on_text(payload, time) decodes when wanted."""

    def __init__(self, port, on_text=None):
        self.port, self.on_text = port, on_text
        self.buf, self.open, self.frames, self.nbytes = b"", False, 0, 0
        self.sample, self.times = 0, []  # every `sample`-th frame's time of arrival
        self.pings, self.rtts = {}, []
        self.ids = 0
        self.ready = asyncio.get_running_loop().create_future()
        self.lost = False

    @classmethod
    async def connect(cls, port, paths, on_text=None):
        loop = asyncio.get_running_loop()
        _, ws = await loop.create_connection(lambda: cls(port, on_text), "127.0.0.1", port)
        await asyncio.wait_for(ws.ready, 60)
        for path in paths:
            ws.send({"cmd": "startConsuming", "path": path, "_id": ws.next_id()})
        return ws

    def next_id(self):
        self.ids += 1
        return self.ids

    def connection_made(self, transport):
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Origin: http://127.0.0.1:{self.port}\r\n\r\n".encode()
        )

    def connection_lost(self, exc):
        self.lost = True
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("websocket refused"))

    def send(self, obj):
        data = json.dumps(obj).encode()
        head = (
            bytes([0x81, 0x80 | len(data)])
            if len(data) < 126
            else struct.pack("!BBH", 0x81, 0xFE, len(data))
        )
        self.transport.write(head + b"\0\0\0\0" + data)  # masked with zeros

    def ping(self):
        i = self.next_id()
        self.pings[i] = time.monotonic()
        self.send({"cmd": "ping", "_id": i})

    def data_received(self, data):
        buf = self.buf + data if self.buf else data
        if not self.open:
            end = buf.find(b"\r\n\r\n")
            if end < 0:
                self.buf = buf
                return
            if b" 101 " not in buf[:20]:
                self.ready.set_exception(ConnectionError(buf[:200].decode("latin-1")))
                return
            self.open = True
            self.ready.set_result(None)
            buf = buf[end + 4 :]
        pos, size, now = 0, len(buf), time.monotonic()
        while size - pos >= 2:
            n, start = buf[pos + 1], pos + 2
            if n == 126:
                if size < pos + 4:
                    break
                n, start = int.from_bytes(buf[pos + 2 : pos + 4], "big"), pos + 4
            elif n == 127:
                if size < pos + 10:
                    break
                n, start = int.from_bytes(buf[pos + 2 : pos + 10], "big"), pos + 10
            if size < start + n:
                break
            op = buf[pos] & 15
            pos = start + n
            if op == 9:
                self.transport.write(bytes([0x8A, 0x80 | n]) + b"\0\0\0\0" + buf[start:pos])
                continue
            if n < 80 and self.pings and b"pong" in buf[start:pos]:
                self.rtts.append(now - self.pings.pop(json.loads(buf[start:pos])["_id"]))
                continue
            self.frames += 1
            self.nbytes += n
            if self.sample and not self.frames % self.sample:
                self.times.append(now)
            if self.on_text:
                self.on_text(buf[start:pos], now)
        self.buf = buf[pos:]


class Events:
    """Times of build events, by build request, over one WebSocket."""

    def __init__(self):
        self.started, self.finished, self.builds, self.waiters = {}, {}, {}, []
        self.order = []

    @classmethod
    async def open(cls, port):
        self = cls()
        self.ws = await WebSocket.connect(port, ["builds/*/new", "builds/*/finished"], self.on_text)
        await asyncio.sleep(0.3)
        return self

    def on_text(self, payload, now):
        event = json.loads(payload)
        if "k" not in event:
            return
        build, kind = event["m"], event["k"].rsplit("/", 1)[1]
        brid = build["buildrequestid"]
        if kind == "new":
            self.started[brid] = now
        else:
            self.finished[brid] = now
            self.order.append(now)
        self.builds[brid] = build
        waiters, self.waiters = self.waiters, []
        for w in waiters:
            if not w.done():
                w.set_result(None)

    async def until(self, test, secs):
        """Wait until test() holds; False when the time is up."""
        end = time.monotonic() + secs
        while not test():
            left = end - time.monotonic()
            if left <= 0:
                return False
            w = asyncio.get_running_loop().create_future()
            self.waiters.append(w)
            try:
                await asyncio.wait_for(w, left)
            except asyncio.TimeoutError:
                return test()
        return True
