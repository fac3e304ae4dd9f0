# SPDX-License-Identifier: MIT
"""What the command line says to configurations and surroundings that are wrong."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
from pathlib import Path

import pytest
from running import HEADER, Master, Worker, running, wait_for

GOOD = """
f = util.BuildFactory([steps.ShellCommand(command="true")])
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=f)]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"])]
"""
FIRST_LINE = HEADER.count("\n") + 1  # of the test's own text


@pytest.fixture
def master(tmp_path: Path) -> Master:
    return Master(tmp_path).create(GOOD)


def check(master: Master, text: str) -> list[str]:
    master.configure(text)
    done = master.cli("checkconfig", str(master.dir))
    assert done.returncode == 1, done.stdout
    return done.stdout.splitlines()


def test_a_good_file_is_said_to_be_good(master: Master) -> None:
    done = master.cli("checkconfig", str(master.dir))

    assert (done.returncode, done.stdout) == (0, "Config file is good!\n")


def test_threads_and_exit_handlers_of_the_file_are_waited_for(master: Master) -> None:
    master.configure(
        GOOD
        + "import atexit, threading\n"
        + "atexit.register(print, 'handler')\n"
        + "def work():\n    threading.Event().wait(0.3)\n    print('thread')\n"
        + "threading.Thread(target=work).start()\n"
    )
    done = master.cli("checkconfig", str(master.dir))

    assert done.returncode == 0
    told = [line for line in done.stdout.splitlines() if line in ("thread", "handler")]
    assert told == ["thread", "handler"]


def test_what_the_core_cannot_read_is_refused_among_steps_that_are_alike(master: Master) -> None:
    step = 'f.addStep(steps.ShellCommand(command="x", decodeRC={{0: {}}}))\n'

    assert "99" in check(master, GOOD + step.format(0) * 3 + step.format(99))[0]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (GOOD + "x = (\n", 5, ["never closed"]),
        (GOOD + "raise RuntimeError('my own')\n", 5, ["RuntimeError", "my own"]),
        ('\nc["buildrs"] = []\n' + GOOD, None, ["buildrs", "builders"]),
        (GOOD + 'steps.ShellCommand(command="x", haltOnFailur=True)\n', 5, ["haltOnFailur", "haltOnFailure"]),
        (GOOD + 'steps.ShellCommand(command="x", haltOnFailure=1)\n', 5, ["haltOnFailure", "True or False"]),
        (GOOD + 'c["schedulers"].append(schedulers.ForceScheduler(name="f2", builderNames=["b2"]))\n', 5, ['f2', 'b2', 'b1']),
        (GOOD + 'c["builders"].append(util.BuilderConfig(name="b1", workernames=["w1"], factory=f))\n', 5, ["b1", "another"]),
        (GOOD + 'c["workers"].append(worker.Worker("w1", "x"))\n', 5, ["w1", "another"]),
        (GOOD + 'c["builders"].append(util.BuilderConfig(name="b3", workernames=["w9"], factory=f))\n', 5, ["b3", "w9"]),
        (GOOD + "steps.ShelCommand\n", 5, ["ShelCommand", "ShellCommand"]),
        (GOOD + "import no_such_module\n", 5, ["no_such_module"]),
    ],
    ids=["syntax error", "exception", "unknown key", "unknown keyword", "wrong type", "unknown builder", "duplicate builder",
         "duplicate worker", "unknown worker", "unknown step", "missing module"],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_the_place(
    master: Master, text: str, line: int | None, words: list[str]
) -> None:
    lines = check(master, text)

    place = f"master.cfg:{FIRST_LINE + line - 1}:" if line else "master.cfg:"
    assert any(place in said and all(word in said for word in words) for said in lines), lines


def test_all_errors_are_told_at_once(master: Master) -> None:
    lines = check(
        master,
        GOOD
        + 'c["builders"].append(util.BuilderConfig(name="b1", workernames=["w9"], factory=f))\n'
        + 'c["schedulers"].append(schedulers.ForceScheduler(name="f2", builderNames=["b2"]))\n',
    )

    text = "\n".join(lines)
    assert "another builder" in text and "w9" in text and "b2" in text
    assert all("master.cfg:" in line for line in lines), lines


def start_fails(master: Master, *words: str) -> None:
    """The start ends with status 1 and one sentence, and leaves nothing behind."""
    before = sorted(path.name for path in master.dir.iterdir())
    done = master.cli("start", str(master.dir))
    said = done.stdout.strip().splitlines()
    assert done.returncode == 1, done.stdout
    assert len(said) == 1 and all(word in said[0] for word in words), said
    assert master.pid() is None
    left = {path.name for path in master.dir.iterdir()} - set(before)
    assert left <= {"twistd.log", "http.log"}, left


def test_a_wrong_file_does_not_start(master: Master) -> None:
    master.configure(GOOD + "raise RuntimeError('my own')\n")

    start_fails(master, "master.cfg", "my own")


@pytest.mark.parametrize("which", ["http", "pb"])
def test_a_port_in_use_is_named(master: Master, which: str) -> None:
    port = getattr(master, which)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()

        start_fails(master, str(port), "in use")


def test_a_database_of_another_version_is_refused(master: Master) -> None:
    with sqlite3.connect(master.dir / "state.sqlite") as database:
        database.execute("UPDATE alembic_version SET version_num = '064'")
    database.close()

    start_fails(master, "064", "067")


def test_a_missing_database_is_refused(master: Master) -> None:
    (master.dir / "state.sqlite").unlink()
    for extra in master.dir.glob("state.sqlite-*"):
        extra.unlink()

    start_fails(master, "state.sqlite")


def test_a_database_that_cannot_be_written_is_refused(master: Master) -> None:
    database = master.dir / "state.sqlite"
    database.unlink()
    database.mkdir()  # the mode bits would not stop root

    start_fails(master, "state.sqlite")


def test_a_missing_base_directory_is_named(master: Master, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    for verb in ("start", "stop"):
        done = master.cli(verb, str(missing))
        assert done.returncode == 1
        assert len(done.stdout.splitlines()) == 1 and str(missing) in done.stdout
    assert not missing.exists()


def test_a_running_master_is_not_started_twice(master: Master) -> None:
    master.start()
    try:
        pid = master.pid()
        again = master.cli("start", str(master.dir))

        assert again.returncode == 1
        assert len(again.stdout.splitlines()) == 1 and str(pid) in again.stdout
        assert master.pid() == pid
        assert master.rows("masters")[0]["active"]
    finally:
        master.stop()
    assert not (master.dir / "twistd.pid").exists()


def test_a_running_master_holds_no_descriptor_of_whoever_started_it(master: Master) -> None:
    ours, theirs = socket.socketpair()
    theirs.set_inheritable(True)
    started = subprocess.run(
        [master.command, "start", str(master.dir)], pass_fds=[theirs.fileno()], timeout=120
    )
    theirs.close()
    try:
        assert started.returncode == 0, master.log()
        ours.settimeout(30)
        assert ours.recv(1) == b""
    finally:
        ours.close()
        master.stop()


def test_a_pid_file_of_a_dead_process_does_not_matter(master: Master) -> None:
    (master.dir / "twistd.pid").write_text("999999999")

    master.start()

    master.stop()


def test_create_master_keeps_what_is_there(master: Master) -> None:
    tac = master.dir / "buildbot.tac"
    tac.write_text(tac.read_text() + "# mine\n")

    refused = master.cli("create-master", str(master.dir))
    forced = master.cli("create-master", "--force", str(master.dir))

    assert refused.returncode == 1 and "--force" in refused.stdout
    assert forced.returncode == 0 and "# mine" not in tac.read_text()


def test_create_master_removes_what_it_made_when_it_fails(tmp_path: Path) -> None:
    master = Master(tmp_path)

    done = master.cli("create-master", "--db", "nonsense://x", str(master.dir))

    assert done.returncode == 1 and "nonsense" in done.stdout
    assert not master.dir.exists()


def test_a_master_whose_python_is_stuck_still_stops(master: Master) -> None:
    master.configure(
        GOOD
        + """
import time
from buildbot.process import buildstep
class Stuck(buildstep.BuildStep):
    async def run(self):
        time.sleep(1000)
f.addStep(Stuck(name="stuck"))
"""
    )
    worker = Worker(master.dir.parent, master.pb)
    with running(master, worker):
        master.wait_attached()
        build = master.build_of(master.force())
        wait_for("the step", lambda: [s for s in master.steps(build) if s["name"] == "stuck"])

        stopped = master.cli("stop", "--no-wait", str(master.dir))

        assert stopped.returncode == 0
        wait_for("the end of the master", lambda: master.pid() is None)
    assert not (master.dir / "twistd.pid").exists()
