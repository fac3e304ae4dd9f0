#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The swarm's ceiling over real sockets: a stub master that only keeps the swarm busy.

stub.py steps [workers] [seconds]     20-line steps per second that the swarm can answer
stub.py logs [streams] [MB each]      MB/s of output that the swarm can send
"""

import asyncio
import json
import os
import sys
import time

import psutil
from swarm import ANSWER_HEAD, EMPTY_KW, MSG_HEAD, e_int, e_list, e_str, e_word, jelly

ARGS = {
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
PORT = 22090
totals = {"complete": 0, "bytes": 0}


class Stub(asyncio.Protocol):
    ahead = 4  # commands under way per worker

    def connection_made(self, transport):
        self.t, self.state, self.rest = transport, 0, b""
        self.started = self.answered = 0
        transport.write(e_list(2) + e_str(b"pb") + e_str(b"none"))

    def start(self, out):
        self.started += 1
        i = self.started
        out.append(
            MSG_HEAD
            + e_int(i + 1)
            + e_int(11)
            + e_str(b"startCommand")
            + e_int(1)
            + e_list(5)
            + e_word("tuple")
            + e_list(2)
            + e_word("remote")
            + e_int(i)
            + jelly(str(i))
            + self.tail
        )

    def answer(self, out, n):
        for _ in range(n):
            self.answered += 1
            out.append(ANSWER_HEAD + e_int(self.answered) + e_int(0))

    def data_received(self, data):
        totals["bytes"] += len(data)
        seen, out = self.rest + data, []
        self.rest = seen[-12:]
        if self.state == 0 and b"login" in seen:
            self.state, self.answered = 1, 1
            out += [
                e_list(2) + e_word("version") + e_int(6),
                ANSWER_HEAD
                + e_int(1)
                + e_list(3)
                + e_word("tuple")
                + e_str(b"challenge")
                + e_list(2)
                + e_word("remote")
                + e_int(2),
            ]
        elif self.state == 1 and b"respond" in seen:
            self.state, self.answered = 2, 2
            out += [
                MSG_HEAD
                + e_int(1)
                + e_int(1)
                + e_str(b"setBuilderList")
                + e_int(1)
                + jelly(([("b", "b")],))
                + EMPTY_KW,
                ANSWER_HEAD + e_int(2) + e_list(2) + e_word("remote") + e_int(3),
            ]
            for _ in range(self.ahead):
                self.start(out)
        elif self.state == 2:
            old = seen[: len(seen) - len(data)]  # markers wholly in there were counted before
            calls = seen.count(b"update") - old.count(b"update")
            done = seen.count(b"complete") - old.count(b"complete")
            totals["complete"] += done
            self.answer(out, calls + done)
            if self.more:
                for _ in range(done):
                    self.start(out)
        if out:
            self.t.write(b"".join(out))


async def main():
    mode = sys.argv[1]
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else (50 if mode == "steps" else 10)
    amount = float(sys.argv[3]) if len(sys.argv) > 3 else (5 if mode == "steps" else 200)
    args = dict(ARGS, command=["replay", f"bytes={int(amount * 1e6)}"]) if mode == "logs" else ARGS
    Stub.tail, Stub.more = jelly("shell") + jelly(args) + EMPTY_KW, mode == "steps"
    if mode == "logs":
        Stub.ahead = 1
    server = await asyncio.get_running_loop().create_server(Stub, "127.0.0.1", PORT)
    swarm = await asyncio.create_subprocess_exec(
        sys.executable,
        os.path.join(os.path.dirname(os.path.abspath(__file__)), "swarm.py"),
        "--master",
        f"127.0.0.1:{PORT}",
        "--workers",
        str(workers),
        "--max-seconds",
        "120",
    )
    ps = psutil.Process(swarm.pid)
    while not totals["bytes"]:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.5 if mode == "steps" else 0)
    cpu = lambda: sum(ps.cpu_times()[:2])
    t, c, before, me = time.monotonic(), cpu(), dict(totals), time.process_time()
    if mode == "steps":
        await asyncio.sleep(amount)
    else:
        while totals["complete"] < workers and time.monotonic() - t < 100:
            await asyncio.sleep(0.02)
    secs, used = time.monotonic() - t, cpu() - c
    steps, size = totals["complete"] - before["complete"], totals["bytes"] - before["bytes"]
    print(
        json.dumps(
            {
                "mode": mode,
                "workers": workers,
                "secs": round(secs, 2),
                "steps_per_s": round(steps / secs),
                "MB_per_s": round(size / 1e6 / secs),
                "swarm_cpu_pct": round(100 * used / secs),
                "stub_cpu_pct": round(100 * (time.process_time() - me) / secs),
                "steps_per_swarm_cpu_s": round(steps / used),
                "MB_per_swarm_cpu_s": round(size / 1e6 / used),
                "load1": os.getloadavg()[0],
            }
        )
    )
    swarm.terminate()
    await swarm.wait()
    server.close()


if __name__ == "__main__":
    try:
        import uvloop

        uvloop.run(main())
    except ImportError:
        asyncio.run(main())
