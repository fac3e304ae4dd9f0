# SPDX-License-Identifier: MIT
"""Reconfiguring, restarting and cleanly stopping a master that is at work."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from running import HEADER, MASTER_CMD, Master, Worker, free_port, running, wait_for

# A build runs until the file "go" is there; `mark` tells configurations apart.
WAITING = """
f = util.BuildFactory()
f.addStep(steps.ShellCommand(name="wait", command=["sh", "-c", "until [ -e ../go ]; do sleep 0.05; done"]))
f.addStep(steps.ShellCommand(name="last", command=["echo", "{mark}"]))
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=f)]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"])]
"""


def config(mark: str = "one") -> str:
    return WAITING.replace("{mark}", mark)


@pytest.fixture
def master(tmp_path: Path) -> Iterator[Master]:
    master = Master(tmp_path).create(config())
    with running(master, Worker(tmp_path, master.pb)):
        master.wait_attached()
        yield master


def go(master: Master, builder: str = "b1", worker: str = "w1") -> None:
    folder = master.dir.parent / f"worker-{worker}" / builder
    folder.mkdir(exist_ok=True)
    (folder / "go").touch()


def running_build(master: Master, builder: str = "b1") -> tuple[int, dict[str, object]]:
    request = master.force(builder)
    build = master.build_of(request)
    wait_for("the waiting step", lambda: [s for s in master.steps(build) if s["name"] == "wait"])
    return request, build


def reconfig(master: Master, verb: str = "reconfig") -> str:
    done = master.cli(verb, str(master.dir))
    assert done.returncode == 0, done.stdout + master.log()
    assert "configuration update complete" in done.stdout
    return done.stdout


def names(master: Master, what: str) -> list[str]:
    return sorted(
        row["name"] for row in master.rows(what) if row.get("masterids") or row.get("master")
    )


def test_a_running_build_keeps_the_configuration_it_began_with(master: Master) -> None:
    request, build = running_build(master)
    master.configure(config("two"))

    reconfig(master)
    go(master)

    first = master.finished_build(request)
    assert (first["buildid"], first["results"]) == (build["buildid"], 0)
    assert "oone\n" in master.log_text(master.step(first, "last"))
    second = master.finished_build(master.force())
    assert "otwo\n" in master.log_text(master.step(second, "last"))


def test_python_of_a_running_build_is_that_of_its_configuration(tmp_path: Path) -> None:
    custom = """
from buildbot.process import buildstep
class Say(buildstep.BuildStep):
    async def run(self):
        log = await self.addLog("said")
        await log.addStdout("{mark}\\n")
        await log.finish()
        return 0
f.addStep(Say(name="say"))
"""
    master = Master(tmp_path).create(config() + custom.replace("{mark}", "old"))
    with running(master, Worker(tmp_path, master.pb)):
        master.wait_attached()
        request, _ = running_build(master)
        master.configure(config() + custom.replace("{mark}", "new"))
        reconfig(master)
        go(master)

        first = master.finished_build(request)
        second = master.finished_build(master.force())

        assert "old" in master.log_text(master.step(first, "say"), "said")
        assert "new" in master.log_text(master.step(second, "say"), "said")


def test_sighup_reconfigures_and_the_log_says_so_in_words_that_scripts_know(master: Master) -> None:
    master.configure(config() + 'c["title"] = "renamed"\n')
    pid = master.pid()
    assert pid is not None

    os.kill(pid, signal.SIGHUP)

    wait_for("the end", lambda: "configuration update complete" in master.log())
    assert "beginning configuration update" in master.log()
    with urllib.request.urlopen(master.url("config"), timeout=30) as answer:
        assert b"renamed" in answer.read()


def test_sighup_is_a_verb_too(master: Master) -> None:
    assert "reconfiguring process" in reconfig(master, "sighup")
    quiet = master.cli("reconfig", "-q", str(master.dir))
    assert (quiet.returncode, quiet.stdout) == (0, "")


def test_builders_schedulers_and_workers_come_and_go(master: Master) -> None:
    more = """
c["workers"].append(worker.Worker("w2", "pw2"))
c["builders"].append(util.BuilderConfig(name="b2", workernames=["w1", "w2"], factory=f))
c["schedulers"].append(schedulers.ForceScheduler(name="force2", builderNames=["b2"]))
"""
    master.configure(config() + more)
    reconfig(master)
    assert names(master, "builders") == ["b1", "b2"]
    assert names(master, "schedulers") == ["force", "force2"]
    second = Worker(master.dir.parent, master.pb, "w2", "pw2").start()
    try:
        master.wait_attached("w2")
        assert [on["builderid"] for on in master.rows("workers/w2")[0]["configured_on"]] == [
            master.builder_id("b2")
        ]
        assert len(master.rows("workers/w1")[0]["configured_on"]) == 2
        builderid = master.builder_id("b2")
        _, requests = master.control("forceschedulers/force2", "force", builderid=builderid)
        go(master, "b2", "w1")
        go(master, "b2", "w2")
        assert master.finished_build(requests[str(builderid)])["results"] == 0

        master.configure(config())
        reconfig(master)

        assert names(master, "builders") == ["b1"]
        assert names(master, "schedulers") == ["force"]
        wait_for("w2 to be gone", lambda: not master.rows("workers/w2")[0]["connected_to"])
        assert master.rows("workers/w2")[0]["configured_on"] == []
        assert len(master.rows("workers/w1")[0]["configured_on"]) == 1
        assert master.rows("workers/w1")[0]["connected_to"]
    finally:
        second.stop()


def test_a_build_of_a_removed_builder_goes_on_to_its_end(master: Master) -> None:
    request, build = running_build(master)
    master.configure(config().replace('"b1"', '"b2"'))
    reconfig(master)
    assert names(master, "builders") == ["b2"]

    go(master)

    assert master.finished_build(request)["results"] == 0
    assert {step["results"] for step in master.steps(build)} == {0}


def test_a_removed_worker_is_cut_off_and_its_build_waits_to_be_built_again(master: Master) -> None:
    request, build = running_build(master)
    header = HEADER.replace('worker.Worker("w1", "pw1")', 'worker.Worker("w2", "pw2")')
    master.configure(config().replace('"w1"', '"w2"'), header)

    reconfig(master)

    wait_for("the end", lambda: master.rows(f"builds/{build['buildid']}")[0]["complete"])
    assert master.rows(f"builds/{build['buildid']}")[0]["results"] == 5
    master.configure(config())
    reconfig(master)
    go(master)
    assert master.finished_build(request)["results"] == 0


def test_a_changed_password_counts_at_the_next_login(master: Master) -> None:
    master.configure(config(), HEADER.replace("pw1", "other"))

    reconfig(master)

    assert master.rows("workers/w1")[0]["connected_to"]
    (master.dir.parent / "again").mkdir()
    refused = Worker(master.dir.parent / "again", master.pb, "w1", "pw1").start()
    try:
        wait_for("the refusal", lambda: "unauthorized login" in refused.log())
    finally:
        refused.stop()


def test_ports_move_and_connections_stay(master: Master) -> None:
    request, _ = running_build(master)
    old_http, old_pb = master.http, master.pb
    master.http, master.pb = free_port(), free_port()
    master.configure(config())

    reconfig(master)

    for port in (old_http, old_pb):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
    for port in (master.http, master.pb):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    go(master)
    assert master.finished_build(request)["results"] == 0


def test_the_same_port_may_get_another_interface(master: Master) -> None:
    header = HEADER.replace("tcp:{http}:interface=127.0.0.1", "tcp:{http}:interface=127.0.0.2")
    header = header.replace("tcp:{pb}:interface=127.0.0.1", "tcp:{pb}")
    master.configure(config(), header)

    reconfig(master)

    socket.create_connection(("127.0.0.2", master.http), timeout=5).close()
    socket.create_connection(("127.0.0.2", master.pb), timeout=5).close()
    master.configure(config())
    reconfig(master)
    assert master.rows("workers/w1")[0]["connected_to"]


def test_the_web_server_may_go_and_come(master: Master) -> None:
    header = HEADER.replace('"port": "tcp:{http}:interface=127.0.0.1"', '"port": None')
    master.configure(config(), header)
    reconfig(master)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", master.http), timeout=5).close()

    master.configure(config())
    reconfig(master)

    assert master.rows("workers/w1")[0]["connected_to"]


def test_a_port_in_use_changes_nothing(master: Master) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = str(other.getsockname()[1])
        text = config() + 'c["title"] = "never"\n'
        for was in ("{pb}", "{http}"):
            master.configure(text, HEADER.replace(f"tcp:{was}", f"tcp:{taken}"))

            done = master.cli("reconfig", str(master.dir))

            assert done.returncode == 1
            assert taken in done.stdout and "in use" in done.stdout
            assert "aborted without making any changes" in done.stdout
    with urllib.request.urlopen(master.url("config"), timeout=30) as answer:
        assert b"never" not in answer.read()
    socket.create_connection(("127.0.0.1", master.pb), timeout=5).close()


def test_a_port_that_made_room_is_open_again_when_another_one_is_taken(master: Master) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        header = HEADER.replace("tcp:{http}", f"tcp:{other.getsockname()[1]}")
        master.configure(config(), header.replace("tcp:{pb}:interface=127.0.0.1", "tcp:{pb}"))

        assert master.cli("reconfig", str(master.dir)).returncode == 1

    socket.create_connection(("127.0.0.1", master.pb), timeout=5).close()
    master.configure(config())
    reconfig(master)


def test_another_database_needs_a_restart(master: Master) -> None:
    master.configure(config() + 'c["db"] = {"db_url": "sqlite:///other.sqlite"}\n')

    done = master.cli("reconfig", str(master.dir))

    assert done.returncode == 1
    assert "Cannot change c['db']" in done.stdout
    assert "aborted without making any changes" in done.stdout


SOURCE = """
from buildbot.changes import base
class Source(base.ChangeSource):
    def checkConfig(self, what):
        pass
    async def reconfigService(self, what):
        self.what = what
        open("source.log", "a").write(f"configure {self.what}\\n")
        if self.what == "bad":
            raise RuntimeError("not today")
    def activate(self):
        open("source.log", "a").write(f"activate {self.what}\\n")
    def deactivate(self):
        open("source.log", "a").write(f"deactivate {self.what}\\n")
"""


def test_change_sources_start_stop_and_fail_visibly(master: Master) -> None:
    log = master.dir / "source.log"

    def use(what: str) -> None:
        master.configure(
            config() + SOURCE + f'c["change_source"] = [Source({what!r}, name="mine")]\n'
        )

    use("a")
    reconfig(master)
    use("b")
    reconfig(master)
    assert log.read_text().splitlines() == [
        "configure a", "activate a", "deactivate a", "configure b", "activate b",
    ]  # fmt: skip

    use("bad")
    failed = master.cli("reconfig", str(master.dir))
    assert failed.returncode == 1
    assert "partially applied" in failed.stdout and "not today" in failed.stdout
    assert 'change source "mine"' in failed.stdout
    assert "configuration update partially applied" in master.log()

    use("c")
    reconfig(master)
    assert log.read_text().splitlines()[-1] == "activate c"
    master.configure(config())
    reconfig(master)
    assert log.read_text().splitlines()[-1] == "deactivate c"


def test_many_who_ask_at_once_get_few_updates(master: Master) -> None:
    done = [
        subprocess.Popen([MASTER_CMD, "reconfig", str(master.dir)], stdout=subprocess.PIPE)
        for _ in range(8)
    ]

    assert [process.wait(120) for process in done] == [0] * 8
    for process in done:
        assert process.stdout is not None
        process.stdout.close()
    log = master.log()
    begun, ended = log.count("beginning configuration"), log.count("update complete")
    assert begun == ended <= 8
    # Never two at once: begin and end take turns.
    turns = [line for line in log.splitlines() if "beginning conf" in line or "update comp" in line]
    assert all("beginning" in line for line in turns[::2])


def test_a_stop_during_a_reconfiguration_works(master: Master) -> None:
    master.configure(config() + "import time\ntime.sleep(600)\n")
    asking = subprocess.Popen(
        [MASTER_CMD, "reconfig", str(master.dir)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    wait_for("the begin", lambda: "beginning configuration" in master.log())

    stopped = master.cli("stop", str(master.dir))

    assert stopped.returncode == 0, stopped.stdout
    said, _ = asking.communicate(timeout=30)
    assert asking.returncode == 1 and b"stopping" in said


def test_restart_starts_a_new_process_and_waits_for_builds_only_when_told(master: Master) -> None:
    before = master.pid()
    request, _ = running_build(master)
    restarted = master.cli("restart", str(master.dir))
    assert restarted.returncode == 0, restarted.stdout
    assert master.pid() not in (None, before)
    wait_for("the second build", lambda: len(master.rows(f"builds?buildrequestid={request}")) == 2)
    first, second = master.rows(f"builds?buildrequestid={request}&order=buildid")
    assert first["results"] == 5

    result: list[subprocess.CompletedProcess[str]] = []
    clean = threading.Thread(
        target=lambda: result.append(master.cli("restart", "-q", "--clean", str(master.dir)))
    )
    clean.start()
    wait_for("the clean stop", lambda: "once the running builds have finished" in master.log())
    go(master)
    clean.join(120)
    assert result[0].returncode == 0 and result[0].stdout == "", result[0].stdout
    assert master.rows(f"builds/{second['buildid']}")[0]["results"] == 0
    master.stop()
    again = master.cli("restart", str(master.dir))
    assert again.returncode == 0 and "no master runs" in again.stdout


@pytest.mark.parametrize("how", ["verb", "signal"])
def test_a_clean_stop_waits_for_the_running_build(master: Master, how: str) -> None:
    request, build = running_build(master)
    pid = master.pid()
    assert pid is not None
    if how == "verb":
        assert master.cli("stop", "--clean", "--no-wait", str(master.dir)).returncode == 0
    else:
        os.kill(pid, signal.SIGUSR1)
        os.kill(pid, signal.SIGUSR1)
    wait_for("the clean stop", lambda: "once the running builds have finished" in master.log())
    later = master.force()
    assert master.rows(f"builds/{build['buildid']}")[0]["complete"] is False

    go(master)

    wait_for("the end of the master", lambda: master.pid() is None)
    master.start()
    assert master.rows(f"builds/{build['buildid']}")[0]["results"] == 0
    assert master.rows(f"buildrequests/{request}")[0]["complete"]
    master.wait_attached()
    assert master.finished_build(later)["results"] == 0


def test_a_clean_stop_starts_what_a_running_build_waits_for(tmp_path: Path) -> None:
    triggering = """
f = util.BuildFactory()
f.addStep(steps.ShellCommand(name="wait", command=["sh", "-c", "until [ -e ../go ]; do sleep 0.05; done"]))
f.addStep(steps.Trigger(name="children", schedulerNames=["child"], waitForFinish=True))
quick = util.BuildFactory([steps.ShellCommand(command="true")])
c["workers"].append(worker.Worker("w2", "pw2"))
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=f),
                 util.BuilderConfig(name="b2", workernames=["w2"], factory=quick)]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"]),
                   schedulers.Triggerable(name="child", builderNames=["b2"])]
"""
    master = Master(tmp_path).create(triggering)
    workers = [Worker(tmp_path, master.pb), Worker(tmp_path, master.pb, "w2", "pw2")]
    with running(master, *workers):
        master.wait_attached("w1")
        master.wait_attached("w2")
        request, _ = running_build(master)
        assert master.cli("stop", "--clean", "--no-wait", str(master.dir)).returncode == 0

        go(master)

        wait_for("the end of the master", lambda: master.pid() is None)
        master.start()
        assert master.rows(f"buildrequests/{request}")[0]["results"] == 0
        assert [build["results"] for build in master.rows("builds")] == [0, 0]


def test_a_clean_stop_can_be_called_off(master: Master) -> None:
    request, _ = running_build(master)
    stopping = subprocess.Popen(
        [MASTER_CMD, "stop", "--clean", str(master.dir)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    wait_for("the clean stop", lambda: "once the running builds have finished" in master.log())

    cancelled = master.cli("stop", "--cancel", str(master.dir))

    assert cancelled.returncode == 0, cancelled.stdout
    said, _ = stopping.communicate(timeout=30)
    assert stopping.returncode == 1 and b"called off" in said
    go(master)
    assert master.finished_build(request)["results"] == 0
    assert master.finished_build(master.force())["results"] == 0
    assert master.cli("stop", "--cancel", str(master.dir)).returncode == 1


def test_a_quick_stop_ends_a_clean_one(master: Master) -> None:
    _, build = running_build(master)
    assert master.cli("stop", "--clean", "--no-wait", str(master.dir)).returncode == 0

    assert master.cli("stop", str(master.dir)).returncode == 0

    master.start()
    assert master.rows(f"builds/{build['buildid']}")[0]["results"] == 5


def resident_mb(master: Master) -> float:
    return float(psutil.Process(master.pid()).memory_info().rss) / 1e6


def test_old_configurations_do_not_leak(tmp_path: Path) -> None:
    """The objects of each load are counted while they live; together they are hundreds of MB."""
    heavy = """
import sys, weakref
class Ballast:
    def __init__(self):
        self.data = b"x" * 4_000_000
        self.me = self
ballast = Ballast()
living = sys.__dict__.setdefault("_living_ballast", weakref.WeakSet())
living.add(ballast)
with open("living", "w") as file:
    file.write(str(len(living)))
f.addStep(steps.ShellCommand(name="never", command="true", doStepIf=lambda step: ballast is None))
"""
    master = Master(tmp_path).create(config() + heavy)

    def living() -> int:
        reconfig(master)
        return int((master.dir / "living").read_text())

    with running(master, Worker(tmp_path, master.pb)):
        master.wait_attached()
        request, _ = running_build(master)
        for _ in range(5):
            reconfig(master)
        before = resident_mb(master)
        for _ in range(40):
            reconfig(master)
        # The new one, the one whose place it takes, and that of the running build.
        wait_for("the end of the unused ones", lambda: living() <= 3)
        go(master)
        assert master.finished_build(request)["results"] == 0
        # Without a build that uses an old one: the new one, and the one whose place it takes. Each is counted when a
        # new one is loaded; what was replaced before that has been collected, unless Python was busy all the time.
        wait_for("the end of the old ones", lambda: living() <= 2)
        assert resident_mb(master) - before < 40
