# SPDX-License-Identifier: MIT
"""What a file may not do while it is loaded."""

from __future__ import annotations

import multiprocessing
import os
import threading

import pytest
from buildbot_cfg import _policy

GOOD = """
from buildbot.plugins import schedulers, steps, util, worker
c = BuildmasterConfig = {}
c["buildbotNetUsageData"] = None
c["protocols"] = {"pb": {"port": 9989}}
c["workers"] = [worker.Worker("w1", "pw1")]
f = util.BuildFactory([steps.ShellCommand(command="true")])
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=f)]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"])]
"""


@pytest.fixture
def load(tmp_path):
    def loaded(text):
        file = tmp_path / "master.cfg"
        file.write_text(GOOD + text)
        return _policy.load(str(file), str(tmp_path))

    return loaded


@pytest.mark.parametrize(
    "text",
    [
        "import os\nos.fork()\n",
        "import os\nos.forkpty()\n",
        "import multiprocessing\nmultiprocessing.get_context('fork').Process(target=print).start()\n",
    ],
)
def test_a_file_may_not_fork(load, text):
    result = load(text)

    assert result.config is None
    assert "subprocess" in result.problems[0][3]
    assert result.problems[0][1] > GOOD.count("\n")


def test_others_may_fork_meanwhile_and_the_file_may_start_programs(load):
    before = os.fork
    results = []

    def child():
        process = multiprocessing.get_context("fork").Process(target=len, args=("x",))
        process.start()
        process.join()
        results.append(process.exitcode)

    os.kilnbot_test = lambda: (thread := threading.Thread(target=child)).start() or thread.join()
    try:
        result = load(
            "import os, subprocess\nos.kilnbot_test()\nsubprocess.run(['true'], check=True)\n"
        )
    finally:
        del os.kilnbot_test

    assert result.problems == []
    assert results == [0]
    assert os.fork is before
