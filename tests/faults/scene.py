# SPDX-License-Identifier: MIT
"""One master with one worker behind a proxy, on a disk that can fail: what each combination of the matrix runs on."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

from checks import Announced, SqliteStore, unfinished
from disk import Disk
from proxy import Proxy
from running import Master, WebSocket, Worker, wait_for

CONFIG = """
import pathlib, time
GATES = pathlib.Path({gates!r})
def is_shut(name):
    return (GATES / name).exists()
while is_shut("load"):
    (GATES / "loading").touch()
    time.sleep(0.02)
def shell(name, before=1, width=8):
    gate = GATES / name
    script = f"for i in $(seq {{before}}); do printf '{{name}} %0{{width}}d\\n' $i; done; while [ -e {{gate}} ]; do sleep 0.02; done; echo {{name}} ends"
    return steps.ShellCommand(name=name, command=["sh", "-c", script], logEnviron=False)
def builder(name, *given):
    return util.BuilderConfig(name=name, workernames=["w1"], factory=util.BuildFactory(list(given)))
c["builders"] = [
    builder("b1", shell("one"),
        # More than the 64 KiB that a worker keeps back.
        shell("talk", 30, 4000), shell("last")),
    builder("child", shell("young")),
    builder("parent", steps.Trigger(name="trigger", schedulerNames=["t"], waitForFinish=True), shell("after"))]
c["schedulers"] = [
    schedulers.ForceScheduler(name="force", builderNames=["b1", "parent"]),
    schedulers.Triggerable(name="t", builderNames=["child"]),
    schedulers.SingleBranchScheduler(name="branch", builderNames=["b1"], change_filter=util.ChangeFilter(branch="main"),
                                     treeStableTimer=3600 if is_shut("calm") else 0.05)]
c["collapseRequests"] = False
"""
EVENTS = ("changes", "buildsets", "buildrequests", "builds", "steps", "logs")


class Recorder:
    """Hears everything that a master announces, until the master is gone."""

    def __init__(self, master: Master, announced: Announced) -> None:
        self.socket = WebSocket(master.http)
        self.announced = announced
        for number, kind in enumerate(EVENTS):
            self.socket.send({"cmd": "startConsuming", "path": f"{kind}/*/*", "_id": number})
        answers = 0
        while answers < len(EVENTS):  # events may come between the answers
            answers += self._take(self.socket.receive())
        self.socket.socket.settimeout(None)
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                self._take(self.socket.receive())

    def _take(self, message: dict[str, Any]) -> bool:
        """Whether it is an answer that says yes."""
        if "k" in message:
            self.announced.add(message["k"], message["m"])
            return False
        assert message["code"] == 200, message
        return True

    def end(self) -> None:
        """Everything has been heard once the master has closed the connection."""
        self.thread.join(30)
        assert not self.thread.is_alive(), "the master is gone and its websocket still open"
        self.socket.close()


class FaultyMaster(Master):
    """A master in the foreground, on a faulty disk."""

    def __init__(self, folder: Path, disk_control: Path) -> None:
        super().__init__(folder)
        self.disk = Disk(self.dir, disk_control)
        self.output = folder / "master.out"
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> subprocess.Popen[bytes]:
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [self.command, "start", "--nodaemon", str(self.dir)], env=os.environ | self.disk.environment(),
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        return self.process

    def said(self) -> str:
        """The end of what it printed and logged."""
        return self.output.read_text(errors="replace")[-1000:] + self.log()[-4000:]

    def start(self) -> Master:
        process = self.launch()

        def is_up() -> bool:
            assert process.poll() is None, (
                f"the master ended with {process.returncode}:\n{self.said()}"
            )
            return bool(self.rows("masters"))

        wait_for("the master", is_up)
        return self

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait_gone(self, limit_s: float = 60) -> int:
        assert self.process is not None
        return self.process.wait(limit_s)

    def kill(self) -> None:
        if self.is_running():
            self.signal(signal.SIGKILL)
        self.wait_gone()

    def stop(self) -> None:
        if self.is_running():
            self.signal(signal.SIGTERM)
            assert self.wait_gone() == 0


class Scene:
    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self.folder = folder
        self.gates = folder / "gates"
        self.gates.mkdir(parents=True)
        self.master = FaultyMaster(folder, folder / "disk.control")
        self.config = config
        self.master.create(config.format(gates=str(self.gates)))
        self.disk = self.master.disk
        self.proxy = Proxy(self.master.pb)
        self.worker = Worker(folder, self.proxy.port)
        self.store = SqliteStore(self.master.dir / "state.sqlite")
        self.announced = Announced()
        self.recorder: Recorder | None = None
        self.was_restarted = False
        self.threads: list[threading.Thread] = []

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    # The life of the processes

    def start_master(self) -> None:
        self.master.start()
        self.recorder = Recorder(self.master, self.announced)

    def start_worker(self) -> None:
        self.worker.start()

    def start(self) -> None:
        self.start_master()
        self.start_worker()
        self.master.wait_attached()

    def kill_worker(self) -> None:
        self.worker.stop()

    def master_is_gone(self) -> None:
        """Called once the master has ended by whatever cause: hears the rest of what it announced."""
        self.master.wait_gone()
        if self.recorder is not None:
            self.recorder.end()
        self.recorder = None

    def kill_master(self) -> None:
        self.master.kill()
        self.master_is_gone()
        self.disk.release_commits()

    def end(self) -> None:
        self.open_gates()
        self.disk.release_commits()
        self.disk["hold_logs"] = 0
        self.worker.stop()
        self.master.kill()
        if self.recorder is not None:
            self.recorder.end()
        self.proxy.close()
        for thread in self.threads:
            thread.join(30)

    # What the tests do

    def shut(self, *names: str) -> None:
        for name in names:
            (self.gates / name).touch()

    def open_gates(self) -> None:
        for gate in list(self.gates.iterdir()):
            gate.unlink(missing_ok=True)

    def wait_for_threads(self) -> None:
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a request is never answered"

    def in_background(self, action: Any, *args: Any) -> None:
        """For calls whose answer comes only after the fault, or never."""

        def run() -> None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                action(*args)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.threads.append(thread)

    def force(self, builder: str = "b1") -> int:
        request = self.master.force(builder)
        self.announced.accepted(request)
        return request

    def force_later(self, builder: str = "b1") -> None:
        self.in_background(self.force, builder)

    def running_step(self, builder: str, name: str) -> dict[str, Any]:
        """The step of this name of the builder's last build, once it runs."""

        def find() -> list[dict[str, Any]]:
            builds = self.master.rows(f"builders/{builder}/builds?complete=false&order=-number")
            steps = self.master.steps(builds[0]) if builds else []
            return [s for s in steps if s["name"] == name and s["started_at"] and not s["complete"]]

        return wait_for(f"step {name} of {builder}", find)[0]

    def log_of(self, step: dict[str, Any]) -> str:
        return self.master.log_text(step)

    def announced_lines(self, step: dict[str, Any]) -> int:
        lines = [
            message["num_lines"]
            for (kind, _), message in list(self.announced.last.items())
            if kind == "logs" and message["stepid"] == step["stepid"]
        ]
        return max(lines, default=0)

    def restart_master(self) -> None:
        self.was_restarted = True
        self.start_master()

    def change(self, revision: str) -> None:
        self.master.hook(author="me", branch="main", revision=revision, comments="words")

    def is_dead(self) -> bool:
        return not self.master.is_running()

    def is_idle(self) -> bool:
        return not unfinished(self.store)
