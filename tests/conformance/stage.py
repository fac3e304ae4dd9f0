# SPDX-License-Identifier: MIT
"""One scenario's master, workers and repositories, and the stimuli its script gives them."""

from __future__ import annotations

import atexit
import contextlib
import functools
import http.client
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
for folder in (TESTS / "integration", TESTS / "support"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from git_repository import Repository  # noqa: E402
from running import MASTER_CMD, ROOT, WORKER_CMD, Master, Worker, wait_for  # noqa: E402

__all__ = ["MASTER_CMD", "ROOT", "Stage"]

# Every scenario's configuration begins with these lines. `gate(name)` is a shell command that prints "waiting", then
# waits until the script calls `stage.open(name)`. `outcome(make)` calls a function and says "refused", or what came of it.
# waits until the script calls `stage.open(name)`. `tool(name, ...)` makes programs that print $OUT and end with $RC; a
# builder whose env is TOOLS finds them.
HEADER = """
import os
from buildbot.plugins import changes, reporters, schedulers, secrets, steps, util, worker
DIR = @DIR@
def gate(name):
    return f"echo waiting; until [ -e {{DIR}}/gates/{{name}} ]; do sleep 0.02; done; echo {{name}}"
def outcome(make):
    try:
        from buildbot_cfg._errors import collected
    except ImportError:
        from buildbot.config.errors import capture_config_errors as collected
    try:
        with collected() as errors:
            made = make()
    except Exception:
        return "refused"
    if errors.errors if hasattr(errors, "errors") else errors[0]:
        return "refused"
    return made if made is None or isinstance(made, (bool, int, str)) else "made"
TOOLS = {{"PATH": [f"{{DIR}}/bin", "${{PATH}}"]}}
def tool(*names, text='printf %b "$OUT"; exit ${{RC:-0}}'):
    for name in names:
        with open(f"{{DIR}}/bin/{{name}}", "w") as file:
            file.write(f"#!/bin/sh\\n{{text}}\\n")
            os.chmod(file.name, 0o755)
c = BuildmasterConfig = {{}}
c["title"] = "conformance"
c["buildbotURL"] = "http://127.0.0.1:{http}/"
c["buildbotNetUsageData"] = None
c["db"] = {{"db_url": {db!r}}}
c["protocols"] = {{"pb": {{"port": "tcp:{pb}:interface=127.0.0.1"}}}}
c["www"] = {{"port": "tcp:{http}:interface=127.0.0.1", "plugins": {{}}, "change_hook_dialects": {{"base": True}}}}
c["workers"] = [worker.Worker("w1", "pw1")]
"""

# A worker's whole environment: the shell steps print it into their logs.
WORKER_ENV = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
}
MASTER_ENV = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "START_TIMEOUT": "120",  # Buildbot's own ten seconds are too few when several start at once
}


class Peer(Worker):
    """An unmodified buildbot-worker with a fixed environment."""

    def start(self) -> Peer:
        home = self.dir / "home"
        home.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [WORKER_CMD, "start", "--nodaemon", str(self.dir)], cwd=self.dir, env=WORKER_ENV | {"HOME": str(home)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        return self


making_base = threading.Lock()


@functools.cache
def empty_base(command: str) -> Path:
    """A fresh base directory of this command's, to be copied: making one takes Buildbot a second."""
    folder = Path(tempfile.mkdtemp(prefix="kiln-base-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    subprocess.run(
        [command, "create-master", "-q", "-r", str(folder / "master")], check=True, stdout=subprocess.DEVNULL
    )  # fmt: skip
    return folder / "master"


class Stage(Master):
    """The master of a scenario with everything around it, in one scratch folder."""

    def __init__(self, folder: Path, command: str, config: str, protocol: str = "pb") -> None:
        super().__init__(folder, command=command)
        self.folder = folder
        self.protocol = protocol
        self.config = config
        self.notes: dict[str, Any] = {}
        #: Whether the changes are compared; not when a script notes them, because pollers took turns in any order.
        self.tells_changes = True
        #: Texts that differ from run to run, and what stands for them.
        self.hidden: list[tuple[str, str]] = []
        self.workers: dict[str, Peer] = {}
        self.repositories: dict[str, Repository] = {}
        for name in ("bin", "gates"):
            (folder / name).mkdir()

    # -- the master ----------------------------------------------------------------------------------------------------

    def create(self, config: str, header: str = HEADER) -> Stage:
        with making_base:
            base = empty_base(self.command)
        shutil.copytree(base, self.dir)
        self.configure(config, header)
        return self

    def get(self, path: str) -> dict[str, Any]:
        # Buildbot now and then cuts an answer short when the machine is busy.
        with contextlib.suppress(http.client.HTTPException):
            return super().get(path)
        return super().get(path)

    def cli(self, verb: str, *args: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.command, verb, *args], text=True, timeout=timeout, env=os.environ | MASTER_ENV,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def configure(self, config: str, header: str = HEADER) -> None:
        super().configure(config, HEADER.replace("@DIR@", repr(str(self.folder))))

    def stop(self) -> None:
        """Ends the master; Buildbot's own ten seconds are too few on a busy machine."""
        if self.pid() is not None:
            self.cli("stop", str(self.dir))
            wait_for("the end of the master", lambda: self.pid() is None)

    def restart(self) -> None:
        self.stop()
        self.start()

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Runs one statement on the master's database, whose tables are Buildbot's."""
        with contextlib.closing(sqlite3.connect(self.dir / "state.sqlite", timeout=30)) as base:
            rows = base.execute(statement, values).fetchall()
            base.commit()
        return rows

    def restart_later(self, *names: str, kind: str = "", old: str = "", new: str = "") -> None:
        """Restarts as if these timed schedulers had last run long ago; may replace a text of the configuration."""
        for peer in self.workers.values():
            peer.stop()  # a worker that lost its master waits longer and longer
        self.stop()
        for name in names:
            key = "from objects where name = ? and class_name = ?"
            if not self.sql(f"select id {key}", name, kind):
                self.sql("insert into objects (name, class_name) values (?, ?)", name, kind)
            self.sql(
                "insert or replace into object_state (objectid, name, value_json)"
                f" select id, 'last_build', '1600000000' {key}", name, kind
            )  # fmt: skip
        if old:
            self.replace(old, new)
        self.start()
        for name in self.workers:
            self.start_worker(name)

    def replace(self, old: str, new: str) -> None:
        assert old in self.config, f"the configuration has no {old!r}"
        self.config = self.config.replace(old, new)
        self.configure(self.config)

    def reconfig(self, old: str, new: str) -> None:
        """Replaces a text of the configuration and has the master read it again."""
        self.replace(old, new)
        done = self.cli("reconfig", str(self.dir))
        assert done.returncode == 0, done.stdout + self.log()

    # -- workers and gates ---------------------------------------------------------------------------------------------

    def start_worker(self, name: str = "w1") -> Peer:
        """Starts a worker (password "pw" + the name's end) and waits until the master has it."""
        if name not in self.workers:
            self.workers[name] = Peer(
                self.folder, self.pb, name, "pw" + name.removeprefix("w"), protocol=self.protocol
            )
        peer = self.workers[name].start()
        self.wait_attached(name)
        return peer

    def kill_worker(self, name: str = "w1") -> None:
        """Kills a worker with all its commands, and waits until the master has seen it go."""
        self.workers[name].stop()
        wait_for(f"the loss of {name}", lambda: not self.rows(f"workers/{name}")[0]["connected_to"])

    def open(self, gate: str) -> None:
        (self.folder / "gates" / gate).touch()

    def repository(self, name: str) -> Repository:
        if name not in self.repositories:
            self.repositories[name] = Repository(self.folder / name)
        return self.repositories[name]

    def program(self, name: str, text: str) -> None:
        """Puts a script into the folder `bin`; a scenario whose steps are to find it there sets their PATH."""
        path = self.folder / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    # -- controls ------------------------------------------------------------------------------------------------------

    def answer(self, path: str, method: str, **params: Any) -> dict[str, Any]:
        """The status and the body of a control, whether it is refused or not."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(
            self.url(f"api/v2/{path}"), body, {"Content-Type": "application/json"}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return {"status": reply.status, "body": json.load(reply)}
        except urllib.error.HTTPError as refused:
            return {"status": refused.code, "body": json.loads(refused.read())}

    def force_by(self, scheduler: str, builder: str, **params: Any) -> int:
        builderid = self.builder_id(builder)
        _, requests = self.control(
            f"forceschedulers/{scheduler}", "force", builderid=builderid, **params
        )
        return int(requests[str(builderid)])

    def stop_build(self, build: dict[str, Any], reason: str = "no need") -> None:
        self.control(f"builds/{build['buildid']}", "stop", reason=reason)

    def cancel(self, request: int, reason: str = "no need") -> None:
        self.control(f"buildrequests/{request}", "cancel", reason=reason)

    def rebuild(self, build: dict[str, Any]) -> int:
        _, requests = self.control(f"builds/{build['buildid']}", "rebuild")
        return int(next(iter(requests.values())))

    def change(self, **fields: str) -> int:
        """A change by the base hook; its id."""
        known = len(self.rows("changes"))
        self.hook(
            **{"author": "Ann <ann@x.org>", "comments": "a change", "when": "1600000000", **fields}
        )
        return int(wait_for("the change", lambda: self.rows("changes")[known:] and known + 1))

    def classified(self, count: int) -> None:
        """Waits until the schedulers have looked at changes so often and keep that many for later."""
        wait_for(
            f"{count} kept changes",
            lambda: self.sql("select count(*) from scheduler_changes") == [(count,)],
        )

    def note(self, name: str, value: Any) -> None:
        """Keeps a value of the script's own to be compared."""
        assert name not in self.notes, f"{name!r} is noted twice"
        self.notes[name] = value

    # -- waiting -------------------------------------------------------------------------------------------------------

    def wait(self, what: str, probe: Callable[[], Any]) -> Any:
        return wait_for(what, probe)

    def finish(self, request: int) -> dict[str, Any]:
        """The last build of a request when the request is complete."""
        return self.finished_build(request)

    def finished(self, builder: str, count: int) -> list[dict[str, Any]]:
        """The first `count` builds of a builder when that many are complete."""
        return wait_for(
            f"{count} builds of {builder}",
            lambda: self._complete_builds(builder, count),
        )

    def _complete_builds(self, builder: str, count: int) -> list[dict[str, Any]] | None:
        builds = self.rows(f"builders/{self.builder_id(builder)}/builds?order=number")
        done = [build for build in builds if build["complete"]]
        return done if len(done) >= count else None

    def wait_step(self, build: dict[str, Any], name: str) -> dict[str, Any]:
        """A step of this name that has begun and has not ended."""

        def running() -> dict[str, Any] | None:
            return next(
                (s for s in self.steps(build) if s["name"] == name and s["started_at"] and not s["complete"]), None
            )  # fmt: skip

        return wait_for(f"step {name}", running)

    def wait_output(self, build: dict[str, Any], name: str, text: str = "waiting\n") -> None:
        """Waits until the log of a running step has the text: the worker's process is there."""
        step = self.wait_step(build, name)

        def seen() -> bool:
            with contextlib.suppress(urllib.error.HTTPError):
                return text in self.log_text(step)
            return False

        wait_for(f"the output of {name}", seen)

    def at_gate(self, builder: str = "b1", step: str = "shell", **params: Any) -> tuple[int, dict[str, Any]]:  # fmt: skip
        """Forces a build and waits until its step stands at a gate: the request and the build."""
        request = self.force(builder, **params)
        build = self.build_of(request)
        self.wait_output(build, step)
        return request, build

    def settle(self) -> None:
        """Waits until every build, request and buildset is complete."""

        def idle() -> bool:
            kinds = ("builds", "buildrequests", "buildsets")
            return all(row["complete"] for kind in kinds for row in self.rows(kind))

        wait_for("the end of everything", idle)

    def close(self) -> None:
        for peer in self.workers.values():
            peer.stop()
        with contextlib.suppress(AssertionError):
            self.stop()
        if self.pid() is not None:
            self.kill()
