# SPDX-License-Identifier: MIT
"""What a worker costs: disk, time from its start to being attached, memory. For both workers in one run.

python bench/worker_cost.py [--rounds 7] [--python /usr/bin/python3]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "worker"), str(ROOT / "worker" / "tests")]

from pb_master import PbMaster  # noqa: E402
from ws_master import WsMaster  # noqa: E402

WORKERS = {
    "kilnbot-worker": [str(ROOT / "worker")],
    "buildbot-worker": ["buildbot-worker==4.3.0"],
}
PROTOCOLS = {"pb": PbMaster, "msgpack_experimental_v7": WsMaster}
COMMANDS = 50


def folder_bytes(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def install(name: str, python: str, folder: Path) -> dict[str, Any]:
    """Makes an environment with the worker; what that adds to it."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    before = folder_bytes(folder)
    pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    started = time.monotonic()
    subprocess.run([*pip, "install", "-q", *WORKERS[name]], check=True)
    seconds = time.monotonic() - started
    listed = subprocess.run([*pip, "list", "--format=json"], check=True, stdout=subprocess.PIPE)
    packages = {row["name"] for row in json.loads(listed.stdout)} - {"pip", "setuptools", "wheel"}
    return {
        "install_mb": round((folder_bytes(folder) - before) / 1e6, 2),
        "install_s": round(seconds, 1),
        "packages": len(packages),
    }


def memory_mb(pid: int) -> dict[str, float]:
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        key, kilobytes, *_ = line.split()
        found[key.rstrip(":")] = int(kilobytes) / 1000
    private = found["Private_Clean"] + found["Private_Dirty"]
    return {"rss_mb": round(found["Rss"], 1), "private_mb": round(private, 1)}


async def pb_commands(peer: Any) -> None:
    for _ in range(COMMANDS):
        done = await peer.run("shell", {"workdir": "x", "command": "seq 1 1000"})
        assert done.rc == 0


async def ws_commands(peer: Any, base: Path) -> None:
    settings = {
        "newline_re": "\r\n",
        "max_line_length": 4096,
        "buffer_timeout": 5,
        "buffer_size": 65536,
    }
    await peer.call("set_worker_settings", args=settings)
    for number in range(COMMANDS):
        args = {
            "workdir": str(base), "command": "seq 1 1000", "env": {}, "want_stdout": True, "want_stderr": True,
            "logfiles": {}, "timeout": 60, "maxTime": None, "max_lines": None, "sigtermTime": None, "usePTY": False,
            "logEnviron": True, "initial_stdin": None, "interruptSignal": "KILL",
        }  # fmt: skip
        assert await peer.run(str(number), "shell", args) is None


async def one_round(command: Path, protocol: str, base: Path) -> dict[str, float]:
    async with PROTOCOLS[protocol]() as master:
        subprocess.run(
            [command, "create-worker", "-q", "--protocol", protocol, base, f"127.0.0.1:{master.port}", "w1", "pw1"],
            check=True,
        )  # fmt: skip
        if protocol == "pb":
            master.builders = [("b1", "b1")]
        started = time.monotonic()
        process = subprocess.Popen(
            [command, "start", "--nodaemon", base], cwd=base, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )  # fmt: skip
        try:
            peer = await master.worker()
            found = {"attach_s": round(time.monotonic() - started, 3), **memory_mb(process.pid)}
            work: Callable[[], Awaitable[None]] = (
                (lambda: pb_commands(peer))
                if protocol == "pb"
                else (lambda: ws_commands(peer, base))
            )
            began = time.monotonic()
            await work()
            found["command_ms"] = round((time.monotonic() - began) / COMMANDS * 1000, 1)
            found["rss_after_mb"] = memory_mb(process.pid)["rss_mb"]
            return found
        finally:
            process.terminate()
            process.wait(30)


def measure(protocol: str, rounds: int, scratch: Path) -> None:
    """The medians of both workers, whose rounds take turns so that both meet the same machine."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in WORKERS}
    for number in range(rounds + 1):  # the first fills the caches and is not counted
        for name in WORKERS:
            base = scratch / f"{name}-{protocol}-{number}"
            found[name].append(
                asyncio.run(one_round(scratch / name / "bin" / name, protocol, base))
            )
    for name, rows in found.items():
        medians = {
            key: round(statistics.median(row[key] for row in rows[1:]), 3) for key in rows[0]
        }
        print(
            json.dumps({"worker": name, "protocol": protocol, "rounds": rounds, **medians}),
            flush=True,
        )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--python", default="/usr/bin/python3")
    options = parser.parse_args()
    os.environ.pop("PYTHONPATH", None)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="worker-cost-") as scratch:
        for name in WORKERS:
            installed = install(name, options.python, Path(scratch) / name)
            print(json.dumps({"worker": name, **installed}), flush=True)
        for protocol in PROTOCOLS:
            measure(protocol, options.rounds, Path(scratch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
