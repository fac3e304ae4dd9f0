# SPDX-License-Identifier: MIT
"""What becomes of services when a configuration takes the place of another."""

from __future__ import annotations

import asyncio
import re

import pytest
from buildbot_cfg import _policy, _services
from buildbot_cfg._master import MASTER
from buildbot_cfg.changes.base import ChangeSource


class Source(ChangeSource):
    def checkConfig(self, said, what="plain"):
        pass

    async def reconfigService(self, said, what="plain"):
        self._said = said
        said.append(f"configure {self.name} {what}")
        self.what = what
        if what == "bad":
            raise RuntimeError("not today")

    def activate(self):
        self._said.append(f"activate {self.name} {self.what}")

    async def deactivate(self):
        self._said.append(f"deactivate {self.name} {self.what}")
        if self.what == "stuck":
            raise RuntimeError("stays")


class Other(Source):
    pass


class View:
    def __init__(self, *sources):
        self.basedir, self.sources, self.values = MASTER.basedir, list(sources), {}
        self.services, self.scripted, self.db_url = [], [], ""
        self.settings = {"policy_report_after": 1.0, "callback_deadline": 10.0}


@pytest.fixture
def said():
    return []


def apply(*configurations):
    async def go():
        for sources in configurations:
            try:
                await _policy.activate(View(*sources))
            finally:
                running = {key[1]: service for key, service in _services._running.items()}
        return running

    return asyncio.run(go())


@pytest.fixture(autouse=True)
def empty():
    yield
    _services._running.clear()
    _services._failed.clear()


def test_equal_ones_are_left_alone(said):
    first = Source(said, name="a")
    running = apply([first], [Source(said, name="a")])

    assert said == ["configure a plain", "activate a plain"]
    assert running == {"a": first}


def test_a_changed_one_takes_over_the_settings_in_place(said):
    first = Source(said, name="a")
    running = apply([first], [Source(said, "new", name="a")])

    assert said == ["configure a plain", "activate a plain", "configure a new"]
    assert running["a"] is first


def test_another_class_is_another_service(said):
    second = Other(said, name="a")
    running = apply([Source(said, name="a")], [second])

    assert said == [
        "configure a plain", "activate a plain", "deactivate a plain", "configure a plain",
        "activate a plain",
    ]  # fmt: skip
    assert running["a"] is second


def test_one_that_raises_is_marked_and_all_others_run(said, logged):
    bad = Source(said, "bad", name="b")
    where = f'{__file__}:{bad.location[1]}: change source "b"'
    with pytest.raises(
        _services.ServicesFailed, match=re.escape(f"{where}: RuntimeError: not today")
    ):
        apply([Source(said, name="a"), bad, Source(said, name="c")])

    assert set(_services._running) == {("change source", "a"), ("change source", "c")}
    assert _services.failed() == {("change source", "b"): "RuntimeError: not today"}
    assert [text.splitlines()[0] for _, text in logged] == [f"{where}: does not run:"]
    assert "not today" in logged[0][1]


def test_a_failed_one_is_started_anew_by_the_next_configuration(said):
    with pytest.raises(_services.ServicesFailed):
        apply([Source(said, "bad", name="a")])
    apply([Source(said, name="a")])

    assert said == ["configure a bad", "configure a plain", "activate a plain"]
    assert _services.failed() == {}


def test_one_that_fails_in_place_does_not_run_any_more(said):
    apply([Source(said, name="a")])
    with pytest.raises(_services.ServicesFailed):
        apply([Source(said, "bad", name="a")])

    assert _services._running == {}


def test_one_that_does_not_stop_cleanly_is_gone_all_the_same(said):
    running = apply([Source(said, "stuck", name="a")], [])

    assert running == {}
