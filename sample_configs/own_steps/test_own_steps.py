# SPDX-License-Identifier: MIT
"""Tests of the configuration and of its steps: ``kilnbot python -m pytest`` in this folder."""

import runpy
from pathlib import Path

import pytest
from buildbot.config import ConfigErrors
from buildbot.process.properties import Properties
from own_steps import CountedTests, Counter

CONFIG = runpy.run_path(str(Path(__file__).with_name("master.cfg")))["BuildmasterConfig"]


def test_each_builder_can_be_forced():
    forced = {name for scheduler in CONFIG["schedulers"] for name in scheduler.builderNames}

    assert {builder.name for builder in CONFIG["builders"]} <= forced


def test_each_builder_checks_out_first():
    for builder in CONFIG["builders"]:
        assert type(builder.factory.steps[0]).__name__ == "Git"


def test_lines_of_results_are_counted():
    counter = Counter()
    counter.outReceived("ok parses\nnot ok prints\nok ends\nsomething else\nskip slow\n")

    assert counter.counts == {"ok": 2, "not ok": 1, "skip": 1}


def test_how_many_tests_there_must_be_is_a_property():
    at_least = CONFIG["builders"][0].factory.steps[1].at_least

    assert at_least.key == "at_least"
    assert Properties(at_least=7).getProperty("at_least") == 7


def test_wrong_arguments_are_refused():
    with pytest.raises(ConfigErrors, match='did you mean "command"'):
        CountedTests(comand="make check")
