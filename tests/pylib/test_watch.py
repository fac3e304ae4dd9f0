# SPDX-License-Identifier: MIT
"""The watch of the policy thread, KilnbotConfig, and where prints go."""

import asyncio
import contextlib
import sys
import threading

import pytest
from buildbot.util import asyncSleep, deferredLocked, deferwaiter
from buildbot.util.eventual import fireEventually
from buildbot.util.twisted import any_to_async, async_to_deferred
from buildbot_cfg import _output, _watch


@pytest.fixture
def watched(run):
    """Runs a coroutine on a watched loop."""

    def go(make, report_after_s=60.0, callback_deadline_s=60.0):
        async def body():
            _watch.configure(report_after_s, callback_deadline_s)
            try:
                return await make()
            finally:
                _watch.stop()

        return run(body())

    return go


def forever(*_):
    """Swallows exceptions, as retry loops do."""
    while True:
        with contextlib.suppress(Exception):
            threading.Event().wait()


async def forever_in_a_coroutine():
    await asyncio.sleep(0)
    forever()


async def never():
    await asyncio.get_running_loop().create_future()


@pytest.mark.parametrize("callback", [forever, forever_in_a_coroutine, never])
def test_a_callback_is_broken_after_its_deadline(watched, callback):
    with pytest.raises(TimeoutError, match=r"timed out after 0\.1 s"):
        watched(lambda: _watch.ask(callback), callback_deadline_s=0.1)


def test_the_line_that_held_a_broken_callback_is_named(watched):
    line = forever.__code__.co_firstlineno + 4
    with pytest.raises(TimeoutError, match=rf"test_watch\.py:{line}$"):
        watched(lambda: _watch.ask(forever), callback_deadline_s=0.1)


@pytest.mark.parametrize("value", [7, None, [1]])
def test_answers_in_time_are_given(watched, value):
    async def later():
        await asyncio.sleep(0)
        return value

    assert watched(lambda: _watch.ask(lambda: value)) == value
    assert watched(lambda: _watch.ask(later)) == value


def test_what_a_callback_raises_comes_out(watched):
    def fails():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        watched(lambda: _watch.ask(fails))


def test_code_that_is_no_callback_is_reported_and_not_broken(watched, logged):
    async def blocks():
        assert threading.Event().wait(0.5) is False
        await asyncio.sleep(0)

    watched(blocks, report_after_s=0.1, callback_deadline_s=0.1)

    texts = [text for level, text in logged if level == "warning"]
    assert "blocks the policy thread" in texts[0]
    assert "in blocks" in texts[0]
    assert "free again" in texts[-1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{'callback_dedline': 1}", 'unknown setting "callback_dedline"'),
        ("{'callback_deadline': 'x'}", "must be an integer or a number, not 'x'"),
        ("{'policy_report_after': 0}", "must be more than 0"),
        ("[]", "must be a dict"),
    ],
)
def test_wrong_kilnbot_settings_are_named_with_their_line(load, given, said):
    result = load(f"c = BuildmasterConfig = {{}}\nKilnbotConfig = {given}\n")

    problems = [(line, what) for _, line, _, what in result.problems if said in what]
    assert len(problems) == 1, result.problems
    assert problems[0][0] == 2 or given == "[]"


def test_printed_lines_are_logged_whole(monkeypatch):
    lines = []
    monkeypatch.setattr(_output._bridge, "log", lambda *line: lines.append(line))
    monkeypatch.setattr(sys, "stdout", _output.LogStream("stdout#info", 1))

    print("one")
    print("two ", end="")
    print("parts\nthree", end="")
    _output.finish()

    said = [("info", text, "stdout#info") for text in ("one", "two parts", "three")]
    assert lines == said


def test_the_small_asynchronous_things_work_without_twisted(run):
    seen = []

    class Counter:
        def __init__(self):
            self.lock = asyncio.Lock()

        @deferredLocked("lock")
        async def alone(self, n):
            seen.append(n)
            await asyncSleep(0)
            seen.append(n)

        @async_to_deferred
        async def double(self, n):
            return 2 * await fireEventually(n)

    async def go():
        counter, waiter = Counter(), deferwaiter.DeferWaiter()
        for n in (1, 2):
            waiter.add(counter.alone(n))
        assert waiter.has_waited()
        await waiter.wait()
        assert not waiter.has_waited()
        return await any_to_async(counter.double(4)), await any_to_async(5)

    assert run(go()) == (8, 5)
    assert seen == [1, 1, 2, 2]
    assert "twisted" not in sys.modules
