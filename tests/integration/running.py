# SPDX-License-Identifier: MIT
"""Real masters and workers for the integration tests, made in scratch folders and always stopped."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
MASTER_CMD = os.environ.get("KILN_MASTER_CMD", str(ROOT / ".venv" / "bin" / "kilnbot"))
WORKER_CMD = os.environ.get("KILN_WORKER_CMD", str(ROOT / ".venv" / "bin" / "buildbot-worker"))
LIMIT_S = float(os.environ.get("KILN_LIMIT_S", "60"))  # more on a very busy machine

T = TypeVar("T")

HEADER = """
import os
from buildbot.plugins import changes, schedulers, steps, util, worker
c = BuildmasterConfig = {{}}
c["title"] = "test"
c["buildbotURL"] = "http://127.0.0.1:{http}/"
c["buildbotNetUsageData"] = None
c["db"] = {{"db_url": {db!r}}}
c["protocols"] = {{"pb": {{"port": "tcp:{pb}:interface=127.0.0.1"}}}}
c["www"] = {{"port": "tcp:{http}:interface=127.0.0.1", "plugins": {{}}, "change_hook_dialects": {{"base": True}}}}
c["workers"] = [worker.Worker("w1", "pw1")]
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(what: str, probe: Callable[[], T], limit_s: float = LIMIT_S) -> T:
    """The first true value that `probe` gives; a test failure after the limit."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        with contextlib.suppress(OSError, urllib.error.URLError):
            if found := probe():
                return found
        time.sleep(0.02)
    raise AssertionError(f"waited {limit_s:.0f} s in vain for {what}")


class Master:
    """A master in `folder`. The configuration is HEADER followed by the test's own lines."""

    def __init__(
        self, folder: Path, db: str = "sqlite:///state.sqlite", command: str = MASTER_CMD
    ) -> None:
        self.dir = folder / "master"
        self.command = command
        self.db = db
        self.http, self.pb = free_port(), free_port()

    def cli(self, verb: str, *args: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.command, verb, *args], text=True, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)  # fmt: skip

    def create(self, config: str, header: str = HEADER) -> Master:
        made = self.cli("create-master", "-q", "--db", self.db, str(self.dir))
        assert made.returncode == 0, made.stdout
        self.configure(config, header)
        return self

    def configure(self, config: str, header: str = HEADER) -> None:
        text = header.format(http=self.http, pb=self.pb, db=self.db) + config
        (self.dir / "master.cfg").write_text(text)

    def start(self) -> Master:
        done = self.cli("start", str(self.dir))
        assert done.returncode == 0, done.stdout + self.log()
        return self

    def stop(self) -> None:
        if self.pid() is not None:
            done = self.cli("stop", str(self.dir))
            assert done.returncode == 0, done.stdout + self.log()

    def kill(self) -> None:
        pid = self.pid()
        assert pid is not None
        process = psutil.Process(pid)
        os.kill(pid, signal.SIGKILL)
        psutil.wait_procs([process], timeout=10)

    def pid(self) -> int | None:
        try:
            pid = int((self.dir / "twistd.pid").read_text())
        except (OSError, ValueError):
            return None
        return (
            pid
            if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
            else None
        )

    def log(self) -> str:
        try:
            return (self.dir / "twistd.log").read_text(errors="replace")
        except OSError:
            return ""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.http}/{path}"

    def get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(self.url(f"api/v2/{path}"), timeout=30) as answer:
            data: dict[str, Any] = json.load(answer)
            return data

    def rows(self, path: str) -> list[dict[str, Any]]:
        return next(value for key, value in self.get(path).items() if key != "meta")

    def row_or_none(self, path: str) -> dict[str, Any] | None:
        try:
            return self.rows(path)[0]
        except (urllib.error.HTTPError, IndexError):
            return None

    def text(self, path: str) -> str:
        with urllib.request.urlopen(self.url(f"api/v2/{path}"), timeout=30) as answer:
            body: bytes = answer.read()
            return body.decode()

    def control(self, path: str, method: str, **params: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(
            self.url(f"api/v2/{path}"), body, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["result"]

    def force(self, builder: str = "b1", **params: Any) -> int:
        """Forces a build; returns the build request's id."""
        builderid = self.builder_id(builder)
        _, requests = self.control("forceschedulers/force", "force", builderid=builderid, **params)
        return int(requests[str(builderid)])

    def hook(self, **fields: str) -> str:
        body = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(self.url("change_hook/base"), body, timeout=30) as answer:
            text: bytes = answer.read()
            return text.decode()

    def builder_id(self, name: str) -> int:
        return int(next(row["builderid"] for row in self.rows("builders") if row["name"] == name))

    def build_of(self, request: int, limit_s: float = LIMIT_S) -> dict[str, Any]:
        """The first build of a request, as soon as there is one."""
        return wait_for(
            f"a build of request {request}",
            lambda: self.rows(f"builds?buildrequestid={request}"),
            limit_s,
        )[0]

    def finished_build(self, request: int, limit_s: float = LIMIT_S) -> dict[str, Any]:
        """The last build of a request, when the request is complete."""
        wait_for(
            f"the end of request {request}",
            lambda: self.rows(f"buildrequests/{request}")[0]["complete"],
            limit_s,
        )
        return self.rows(f"builds?buildrequestid={request}&order=buildid")[-1]

    def steps(self, build: dict[str, Any]) -> list[dict[str, Any]]:
        return self.rows(f"builds/{build['buildid']}/steps")

    def step(self, build: dict[str, Any], name: str) -> dict[str, Any]:
        return next(step for step in self.steps(build) if step["name"] == name)

    def log_text(self, step: dict[str, Any], slug: str = "stdio") -> str:
        content: str = self.rows(f"steps/{step['stepid']}/logs/{slug}/contents")[0]["content"]
        return content

    def wait_attached(self, name: str = "w1", limit_s: float = LIMIT_S) -> None:
        wait_for(f"worker {name}", lambda: self.rows(f"workers/{name}")[0]["connected_to"], limit_s)


class Worker:
    """An unmodified buildbot-worker in `folder`, or what KILN_WORKER_CMD or `command` names."""

    def __init__(
        self,
        folder: Path,
        port: int,
        name: str = "w1",
        password: str = "pw1",
        command: str = WORKER_CMD,
        protocol: str = "pb",
    ) -> None:
        self.dir = folder / f"worker-{name}"
        self.command = command
        done = subprocess.run(
            [command, "create-worker", "--maxdelay", "1", f"--protocol={protocol}", str(self.dir),
             f"127.0.0.1:{port}", name, password],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout

    def start(self) -> Worker:
        self.process = subprocess.Popen(
            [self.command, "start", "--nodaemon", str(self.dir)], cwd=self.dir,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        return self

    def log(self) -> str:
        try:
            return (self.dir / "twistd.log").read_text(errors="replace")
        except OSError:
            return ""

    def stop(self) -> None:
        if not hasattr(self, "process"):
            return
        tree = [psutil.Process(self.process.pid)] if psutil.pid_exists(self.process.pid) else []
        with contextlib.suppress(psutil.Error):
            tree += tree[0].children(recursive=True) if tree else []
        for process in tree:
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.process.wait(10)


class WebSocket:
    """A small websocket client: text frames with JSON, enough for /ws."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.buffer = b""
        head = self._until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head

    def _until(self, end: bytes) -> bytes:
        while end not in self.buffer:
            self._receive()
        head, self.buffer = self.buffer.split(end, 1)
        return head

    def _receive(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("the websocket was closed")
        self.buffer += data

    def _take(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self._receive()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message).encode()
        assert len(data) < 65536
        length = (
            bytes([0x80 | len(data)])
            if len(data) < 126
            else bytes([0x80 | 126]) + struct.pack(">H", len(data))
        )
        self.socket.sendall(b"\x81" + length + b"\0\0\0\0" + data)

    def receive(self) -> dict[str, Any]:
        """The next text message; control frames are skipped."""
        while True:
            first, second = self._take(2)
            length = second & 127
            if length == 126:
                (length,) = struct.unpack(">H", self._take(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self._take(8))
            data = self._take(length)
            if first & 15 == 1:
                message: dict[str, Any] = json.loads(data)
                return message

    def consume(self, path: str) -> None:
        self.send({"cmd": "startConsuming", "path": path, "_id": 1})
        assert self.receive() == {"msg": "OK", "code": 200, "_id": 1}

    def close(self) -> None:
        self.socket.close()


@contextlib.contextmanager
def running(master: Master, *workers: Worker) -> Iterator[Master]:
    """Starts a created master and its workers, and stops them however the test ends."""
    try:
        master.start()
        for worker in workers:
            worker.start()
        yield master
    finally:
        for worker in workers:
            worker.stop()
        if master.pid() is not None:
            stopped = master.cli("stop", str(master.dir))
            if stopped.returncode:
                master.kill()
