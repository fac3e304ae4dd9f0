# SPDX-License-Identifier: MIT
"""Configurations that misbehave while a running master reads them: refused, and the master stays."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from running import HEADER, Master, running, wait_for

GOOD = """
KilnbotConfig = {"reload_timeout": 5, "reload_memory": 400}
f = util.BuildFactory([steps.ShellCommand(command="true")])
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=f)]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"])]
"""
LINE = HEADER.count("\n") + GOOD.count("\n") + 1  # of a test's own text


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Master]:
    master = Master(tmp_path_factory.mktemp("bad")).create(GOOD)
    with running(master):
        yield master


def refused(master: Master, text: str) -> str:
    """What is said of the file; afterwards the master is as before."""
    pid = master.pid()
    master.configure(GOOD + text)
    done = master.cli("reconfig", str(master.dir))
    assert done.returncode == 1, done.stdout
    assert "configuration update aborted without making any changes" in done.stdout
    assert done.stdout.count("update aborted") == 1
    assert master.pid() == pid
    assert [row["name"] for row in master.rows("builders")] == ["b1"]
    master.configure(GOOD)
    again = master.cli("reconfig", str(master.dir))
    assert again.returncode == 0, again.stdout
    assert left_over(master) == []
    return done.stdout


def left_over(master: Master) -> list[str]:
    """Processes that trials of the file have left behind."""
    marked = []
    for process in psutil.process_iter():
        try:
            if process.pid != master.pid() and process.cwd() == str(master.dir):
                marked.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return marked


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("while True: pass\n", [f"master.cfg:{LINE}", "did not end within 5 s", "reload_timeout"]),
        ("import time\ntime.sleep(1000)\n", [f"master.cfg:{LINE + 1}", "did not end within 5 s"]),
        ("import sys\nsys.exit(3)\n", [f"master.cfg:{LINE + 1}", "exit status 3"]),
        ("import os\nos._exit(0)\n", ["master.cfg", "ended the process (exit status 0)"]),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n", ["crashed the process: signal 15"]),
        ("import ctypes\nctypes.string_at(8)\n", [f"master.cfg:{LINE + 1}", "signal 11"]),
        ("import os\nos.abort()\n", [f"master.cfg:{LINE + 1}", "signal 6"]),
        ("import os\nos.fork()\n", [f"master.cfg:{LINE + 1}", "forks", "subprocess"]),
        ("import os\nwhile True:\n    os.fork()\n", [f"master.cfg:{LINE + 2}", "forks"]),
        ("import multiprocessing as m\np = m.Process(target=print)\np.start()\n", [f"master.cfg:{LINE + 2}", "forks"]),
        ("import subprocess\nfor _ in range(300):\n    subprocess.Popen(['sleep', '1000'])\nwhile True: pass\n",
         ["more than 100 processes"]),
        ("hog = []\nwhile True:\n    hog.append(b'x' * 1_000_000)\n", [f"master.cfg:{LINE + 2}", "memory"]),
        ("import subprocess, sys\nfor _ in range(4):\n    subprocess.Popen([sys.executable, '-c', 'x = b\"x\" * 150_000_000; input()'],"
         " stdin=subprocess.PIPE)\nwhile True: pass\n", ["more than 400 MiB of memory"]),
        ("raise RuntimeError('mine')\n", [f"master.cfg:{LINE}", "RuntimeError", "mine"]),
        ('c["buildrs"] = []\n', [f"master.cfg:{LINE}", "buildrs", "builders"]),
        ("x = (\n", [f"master.cfg:{LINE}", "never closed"]),
        ("import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1)\nf(0)\n", ["master.cfg"]),
        ("KilnbotConfig = {'reload_timeout': 0}\n", ["master.cfg:", "more than 0"]),
        ("KilnbotConfig = {'reload_timeot': 9}\n", [f"master.cfg:{LINE}", "reload_timeot", "reload_timeout"]),
    ],
    ids=["loops", "sleeps", "sys.exit", "os._exit", "signal", "segfault", "abort", "fork", "fork bomb", "multiprocessing",
         "processes", "memory", "memory of children", "exception", "unknown key", "syntax", "recursion", "zero limit",
         "unknown own key"],
)  # fmt: skip
def test_a_file_that_misbehaves_is_refused(master: Master, text: str, words: list[str]) -> None:
    said = refused(master, text)

    assert all(word in said for word in words), said


def test_a_file_that_prints_does_not_disturb(master: Master) -> None:
    noise = """
import os, sys
print('{"pid": 1, "good": false, "problems": ["made up"]}')
sys.stdout.flush()
os.write(2, b"x" * 3_000_000)
try:
    os.write(3, b"nonsense that is not a report")
except OSError:
    pass
"""
    said = refused(master, noise + "raise RuntimeError('mine')\n")

    assert "mine" in said or "exit status 1" in said
    assert "made up" not in said


def test_processes_that_a_good_file_leaves_are_ended(master: Master) -> None:
    master.configure(GOOD + "import subprocess\nsubprocess.Popen(['sleep', '1000'])\n")
    done = master.cli("reconfig", str(master.dir))

    assert done.returncode == 0, done.stdout
    assert "still running after it" in master.log()
    # The master itself runs the file too: its child is the user's own doing.
    for process in psutil.Process(master.pid()).children():
        if process.name() == "sleep":
            process.kill()


def test_a_missing_file_is_refused(master: Master) -> None:
    (master.dir / "master.cfg").unlink()
    done = master.cli("reconfig", str(master.dir))
    master.configure(GOOD)

    assert done.returncode == 1
    assert "cannot read the file" in done.stdout


def test_sighup_with_a_bad_file_says_so_in_the_log(master: Master) -> None:
    before = len(master.log())
    pid = master.pid()
    assert pid is not None
    master.configure(GOOD + "raise RuntimeError('mine')\n")

    os.kill(pid, signal.SIGHUP)

    wait_for(
        "the refusal", lambda: "update aborted without making any changes" in master.log()[before:]
    )
    assert "mine" in master.log()[before:]
    master.configure(GOOD)


def test_reconfig_needs_a_running_master(tmp_path: Path) -> None:
    stopped = Master(tmp_path).create(GOOD)

    done = stopped.cli("reconfig", str(stopped.dir))

    assert done.returncode == 1
    assert "no master runs" in done.stdout
