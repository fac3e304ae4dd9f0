# SPDX-License-Identifier: MIT
"""``master.db`` in configurations: rows of the data API as Buildbot's models."""

import asyncio

import pylib_fakes
import pytest
from buildbot.db.buildrequests import BuildRequestModel
from buildbot.db.builds import BuildModel
from buildbot_cfg import _bridge
from buildbot_cfg._master import MASTER

BUILD = {
    "buildid": 7, "number": 3, "builderid": 2, "buildrequestid": 5, "workerid": 1, "masterid": 1,
    "started_at": 1_600_000_000, "complete_at": None, "complete": False, "locks_duration_s": 0,
    "state_string": "building", "results": None, "properties": {},
}  # fmt: skip
REQUEST = {
    "buildrequestid": 5, "buildsetid": 4, "builderid": 2, "submitted_at": 1_600_000_000,
    "complete_at": None, "complete": False, "results": -1, "waited_for": False, "priority": 3,
    "claimed_at": 1_600_000_001, "claimed_by_masterid": 1, "claimed": True, "properties": {},
}  # fmt: skip


@pytest.fixture
def master(monkeypatch):
    memory = pylib_fakes.MemoryMaster()
    memory.rows = {
        "builds": [BUILD],
        "builds/7": BUILD,
        "builders/2/builds/3": BUILD,
        "builds/7/properties": [{"p": ["v", "test"]}],
        "buildsets/4/properties": {"q": [1, "set"]},
        "buildrequests": [REQUEST],
        "buildrequests/5": REQUEST,
        "builders": [{"builderid": 2, "name": "b"}],
        "builders/2": {"builderid": 2, "name": "b"},
    }
    monkeypatch.setattr(_bridge, "live_master", lambda: memory)
    return memory


def told(make):
    async def go():
        return await make()

    return asyncio.run(go())


def test_builds_are_found_by_id_number_and_what_they_belong_to(master):
    db = MASTER.db

    for found in (
        told(lambda: db.builds.getBuild(7)),
        told(lambda: db.builds.getBuildByNumber(2, 3)),
        told(lambda: db.builds.getBuilds(builderid=2, complete=False))[0],
    ):
        assert isinstance(found, BuildModel)
        assert (found.id, found.number, found.started_at.timestamp()) == (7, 3, 1_600_000_000)
    assert master.asked[-1][1]["filters"] == [("builderid", "eq", [2]), ("complete", "eq", [False])]
    assert told(lambda: db.builds.getBuild(8)) is None


def test_requests_have_their_builders_name(master):
    one = told(lambda: MASTER.db.buildrequests.getBuildRequest(5))
    several = told(lambda: MASTER.db.buildrequests.getBuildRequests(bsid=4))

    assert several == [one]
    assert isinstance(one, BuildRequestModel)
    assert (one.buildername, one.priority, one.claimed) == ("b", 3, True)


def test_properties_are_pairs_of_value_and_source(master):
    assert told(lambda: MASTER.db.builds.getBuildProperties(7)) == {"p": ("v", "test")}
    assert told(lambda: MASTER.db.buildsets.getBuildsetProperties(4)) == {"q": (1, "set")}


def test_a_builders_id_is_found_by_its_name(master):
    assert told(lambda: MASTER.db.builders.findBuilderId("b")) == 2
    assert master.asked[-1][1]["filters"] == [("name", "eq", ["b"])]


def test_what_is_not_there_says_what_to_use(master):
    with pytest.raises(AttributeError, match=r"master\.db has no 'users' .* master\.data\.get"):
        _ = MASTER.db.users
