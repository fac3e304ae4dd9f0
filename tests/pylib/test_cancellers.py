# SPDX-License-Identifier: MIT
"""OldBuildCanceller and FailingBuildsetCanceller with a master in memory: order, user code that fails, new filters."""

from __future__ import annotations

import asyncio

import pytest
from buildbot_cfg import _watch
from buildbot_cfg.plugins import util

REASON = "Build request has been obsoleted by a newer commit"


def stamp(branch, **other):
    return {"branch": branch, "project": "", "codebase": "", "repository": "", **other}


class Queue:
    """Requests of one builder, each of a branch, in a master in memory."""

    def __init__(self, live):
        self.live = live
        live.rows["builders"] = [{"builderid": 1, "name": "b"}]
        live.rows["builders/1"] = live.rows["builders"][0]
        live.rows["buildrequests"] = []

    def row(self, number, *stamps):
        self.live.rows[f"buildsets/{number}"] = {"bsid": number, "sourcestamps": list(stamps)}
        return {"buildrequestid": number, "buildsetid": number, "builderid": 1}

    def wait(self, number, *stamps):
        """A request that was there before the service."""
        self.live.rows["buildrequests"].append(self.row(number, *stamps))

    def request(self, number, *stamps):
        self.live.event(f"buildrequests/{number}/new", self.row(number, *stamps))

    def change(self, branch):
        self.live.event("changes/1/new", {"changeid": 1, **stamp(branch)})

    def complete(self, number):
        self.live.event(
            f"buildrequests/{number}/complete", {"buildrequestid": number, "buildsetid": number}
        )

    @property
    def cancelled(self):
        assert {(method, params["reason"]) for _, method, params in self.live.controlled} <= {
            ("cancel", REASON)
        }
        return [int(path.rpartition("/")[2]) for path, _, _ in self.live.controlled]


@pytest.fixture
def queue(live):
    return Queue(live)


def canceller(**options):
    return util.OldBuildCanceller("old", [("b", util.SourceStampFilter())], **options)


async def judged(service):
    """Waits until all events that came are taken up."""
    for _ in range(3):  # each event takes its turn before those who ask later
        await asyncio.sleep(0)
    async with service.turn():
        pass


def play(run, service, script):
    async def go():
        await service.start()
        for one in script:
            await one() if asyncio.iscoroutinefunction(one) else one()
        await judged(service)
        await service.stop()

    run(go())


def test_events_that_come_at_once_are_taken_in_their_order(run, queue):
    main = stamp("main")
    play(run, canceller(), [
        lambda: queue.request(1, main), lambda: queue.request(2, main), lambda: queue.change("main"),
        lambda: queue.request(3, main), lambda: queue.request(4, main),
    ])  # fmt: skip
    assert queue.cancelled == [1, 2]


def test_what_waited_before_the_service_began_is_known(run, queue):
    queue.wait(1, stamp("main"))
    queue.wait(2, stamp("dev"))
    play(run, canceller(), [lambda: queue.change("main"), lambda: queue.request(3, stamp("main"))])
    assert queue.cancelled == [1]


def test_a_request_that_came_while_the_service_began_does_not_cancel_itself(run, queue):
    queue.wait(7, stamp("main"))
    play(run, canceller(), [lambda: queue.change("main"), lambda: queue.request(7, stamp("main"))])
    assert queue.cancelled == []


@pytest.mark.parametrize(
    "key",
    [
        lambda stamp: 1 / 0 if stamp["branch"] == "bad" else stamp["branch"],
        lambda stamp: [] if stamp["branch"] == "bad" else stamp["branch"],
        lambda stamp: exit() if stamp["branch"] == "bad" else stamp["branch"],
    ],
    ids=["raises", "not hashable", "exits"],
)
def test_a_branch_key_that_fails_costs_that_branch_only(run, queue, logged, key):
    queue.wait(1, stamp("bad"))
    queue.wait(2, stamp("main"))
    play(run, canceller(branch_key=key), [
        lambda: queue.change("bad"), lambda: queue.request(3, stamp("bad")),
        lambda: queue.change("main"), lambda: queue.request(4, stamp("main")),
    ])  # fmt: skip
    assert queue.cancelled == [2]
    assert [text.partition(": ")[2].partition(":")[0] for _, text in logged] == [
        "cannot judge buildrequestid 1",
        "cannot judge changeid 1",
        "cannot judge buildrequestid 3",
    ]
    assert all('OldBuildCanceller "old"' in text for _, text in logged)


def test_a_branch_key_that_never_ends_is_broken(run, queue, logged):
    def never(stamp):
        while stamp["branch"] == "bad":
            pass
        return stamp["branch"]

    async def go():
        _watch.configure(10, 0.2)
        try:
            service = canceller(branch_key=never)
            queue.wait(1, stamp("main"))
            await service.start()
            queue.change("bad")
            queue.change("main")
            queue.request(2, stamp("main"))
            await judged(service)
        finally:
            _watch.stop()

    run(go())
    assert queue.cancelled == [1]
    assert any("timed out after 0.2 s" in text for _, text in logged)


def test_a_master_that_refuses_to_cancel_is_told(run, queue, live, logged):
    async def refuse(path, method, params):
        raise RuntimeError("the database is full")

    live.control = refuse
    queue.wait(1, stamp("main"))
    play(run, canceller(), [lambda: queue.change("main"), lambda: queue.request(2, stamp("main"))])
    assert ["request 1 is not cancelled" in text for _, text in logged] == [True]


def test_after_a_reconfiguration_old_and_new_filters_count(run, queue):
    service = canceller()
    new = util.OldBuildCanceller("old", [("b", util.SourceStampFilter(branch_eq="main"))])

    async def reconfigure():
        await service.reconfigure(new)

    queue.wait(1, stamp("dev"))
    play(run, service, [
        lambda: queue.wait(2, stamp("main")), reconfigure,
        lambda: queue.change("dev"), lambda: queue.request(3, stamp("dev")),
        lambda: queue.change("dev"), lambda: queue.request(4, stamp("dev")),
        lambda: queue.change("main"), lambda: queue.request(5, stamp("main")),
    ])  # fmt: skip
    assert queue.cancelled == [1, 2]


def test_nothing_is_kept_of_what_is_complete(run, queue):
    service = canceller()

    def look():
        assert service._tracked == service._requests == service._changed == {}

    async def all_judged():
        await judged(service)

    play(run, service, [
        lambda: queue.request(1, stamp("main"), stamp("main", codebase="lib")),
        lambda: queue.change("main"), lambda: queue.change("nobody's"),
        lambda: queue.complete(1), lambda: queue.complete(99), all_judged, look,
    ])  # fmt: skip


def test_a_service_that_has_stopped_cancels_nothing(run, queue):
    service = canceller()
    queue.wait(1, stamp("main"))
    play(run, service, [])
    play(run, canceller(), [])
    queue.change("main")
    queue.request(2, stamp("main"))
    assert queue.cancelled == []


def failing(*filters):
    return util.FailingBuildsetCanceller("failing", list(filters))


@pytest.mark.parametrize(
    ("to_cancel", "results", "expected"),
    [(None, 2, [2, 3]), ("c", 2, [3]), (["a", "c"], 2, [3]), ([], 2, []), (None, 4, []), (None, 0, [])],
)  # fmt: skip
def test_a_failed_build_cancels_others_of_its_buildset(run, live, to_cancel, results, expected):
    for number, name in enumerate("abc", 1):
        live.rows[f"builders/{number}"] = {"builderid": number, "name": name}
        row = {"buildrequestid": number, "buildsetid": 5, "builderid": number}
        live.rows[f"buildrequests/{number}"] = row
        live.rows["buildrequests"] = [*live.rows.get("buildrequests", []), row]
    live.rows["buildsets/5"] = {"bsid": 5, "sourcestamps": [stamp("main")]}
    build = {"buildid": 8, "buildrequestid": 1, "builderid": 1, "results": results}
    service = failing(
        ("a", to_cancel, util.SourceStampFilter(branch_eq="main")),
        ("a", None, util.SourceStampFilter(branch_eq="dev")),
        ("b", None, util.SourceStampFilter()),
    )
    play(run, service, [lambda: live.event("builds/8/finished", build)])
    assert [int(path.rpartition("/")[2]) for path, _, _ in live.controlled] == expected


def test_a_filter_that_raises_is_told(run, live, logged):
    def never(stamp):
        raise ValueError("no opinion")

    live.rows |= {
        "builders/1": {"builderid": 1, "name": "a"},
        "buildrequests/1": {"buildrequestid": 1, "buildsetid": 5, "builderid": 1},
        "buildsets/5": {"bsid": 5, "sourcestamps": [stamp("main")]},
    }
    build = {"buildid": 8, "buildrequestid": 1, "builderid": 1, "results": 2}
    service = failing(("a", None, util.SourceStampFilter(filter_fn=never)))
    play(run, service, [lambda: live.event("builds/8/finished", build)])
    [(_, text)] = logged
    assert 'FailingBuildsetCanceller "failing": cannot judge buildid 8' in text
    assert "no opinion" in text
