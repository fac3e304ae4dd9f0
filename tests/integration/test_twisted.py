# SPDX-License-Identifier: MIT
"""Twisted, asyncio and coroutines in one configuration; and none of Twisted in a configuration without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running import Master, Worker, running, wait_for

CONFIG = """
import asyncio, sys, threading, warnings
imported_in = []
def import_reactor():
    import twisted.internet.reactor
    imported_in.append(threading.current_thread() is threading.main_thread())
thread = threading.Thread(target=import_reactor)
thread.start()
thread.join()
import twisted
from twisted.internet import defer, error, protocol, reactor, task, threads, utils
from twisted.logger import Logger
from twisted.python import failure, log
from buildbot.process import buildstep
from buildbot.process.results import FAILURE, SUCCESS

print("printed while loading")
def builder(name, run):
    step = type(name, (buildstep.BuildStep,), {"name": name, "run": run})
    return util.BuilderConfig(name=name, workernames=["w1"], factory=util.BuildFactory([step()]))

async def mixed(self):
    said = [imported_in == [False], reactor._asyncioEventloop is asyncio.get_running_loop()]
    got = self.master.data.get(("builders",))
    said.append(isinstance(got, defer.Deferred))
    said.append(len(await got) > 3)
    async def by_asyncio(n):
        await asyncio.sleep(0)
        await task.deferLater(reactor, 0, lambda: None)
        return n
    said.append(await asyncio.gather(by_asyncio(1), asyncio.create_task(by_asyncio(2)), defer.succeed(3),
                                     threads.deferToThread(lambda: 4), by_callbacks(5)) == [1, 2, 3, 4, 5])
    said.append(await defer.ensureDeferred(by_asyncio(6)) == 6)
    said.append(await defer.Deferred.fromFuture(asyncio.ensure_future(by_asyncio(7))) == 7)
    said.append(await asyncio.wait_for(defer.succeed(9).asFuture(asyncio.get_running_loop()), 5) == 9)
    process = await asyncio.create_subprocess_exec("echo", "ten", stdout=asyncio.subprocess.PIPE)
    said.append((await process.communicate())[0] == b"ten\\n" and await process.wait() == 0)
    said.append(await utils.getProcessOutput("/bin/echo", ["eleven"]) == b"eleven\\n")
    cancelled = []
    never = defer.Deferred(lambda d: cancelled.append("deferred"))
    waits = asyncio.create_task(wait_for_it(never))
    await asyncio.sleep(0)
    waits.cancel()
    try:
        await waits
    except asyncio.CancelledError:
        cancelled.append("task")
    said.append(cancelled == ["deferred", "task"])
    future = asyncio.get_running_loop().create_future()
    d = defer.ensureDeferred(wait_for_it(future))
    d.cancel()
    try:
        await d
    except defer.CancelledError:
        said.append(future.cancelled())
    try:
        await asyncio.wait_for(defer.Deferred(), 0.01)
    except asyncio.TimeoutError:
        said.append(True)
    try:
        async with asyncio.timeout(0.01) if sys.version_info >= (3, 11) else asyncio.Lock():
            await (defer.Deferred() if sys.version_info >= (3, 11) else asyncio.sleep(0))
    except asyncio.TimeoutError:
        said.append(True)
    try:
        await by_callbacks(0)
    except ZeroDivisionError:
        said.append(True)
    await self.addCompleteLog("said", repr(said) + "\\n")
    return SUCCESS if all(said) else FAILURE

async def wait_for_it(awaited):
    return await awaited

@defer.inlineCallbacks
def by_callbacks(n):
    1 / n
    yield defer.ensureDeferred(asyncio_sleep())
    if twisted.version.major >= 24:  # before, inlineCallbacks does not take coroutines
        yield asyncio_sleep()
    same = yield defer.succeed(n)
    defer.returnValue(same)

async def asyncio_sleep():
    await asyncio.sleep(0)

@defer.inlineCallbacks
def processes(self):
    def one(n):
        ended = defer.Deferred()
        class Protocol(protocol.ProcessProtocol):
            def processEnded(self, reason):
                ended.callback(reason.value.exitCode)
        reactor.spawnProcess(Protocol(), "/bin/sh", ["sh", "-c", f"exit {n % 7}"])
        return ended
    async def other():
        process = await asyncio.create_subprocess_exec("/bin/true")
        return await process.wait()
    others = [asyncio.ensure_future(other()) for _ in range(25)]
    codes = yield defer.gatherResults([one(n) for n in range(500)])
    assert codes == [n % 7 for n in range(500)]
    zeros = yield defer.Deferred.fromFuture(asyncio.ensure_future(asyncio.wait_for(asyncio.gather(*others), 60)))
    return SUCCESS if zeros == [0] * 25 else FAILURE

def logging(self):
    log.msg("by log.msg")
    Logger().info("by Logger {what}", what="formatted")
    try:
        {}["by log.err"]
    except KeyError:
        log.err(None, "something went wrong")
    defer.fail(RuntimeError("nobody looked at it"))
    async def raises():
        raise RuntimeError("a task nobody looked at")
    asyncio.ensure_future(raises())
    print("by print")
    print("half a ", end="")
    print("line", file=sys.stdout)
    print("by stderr", file=sys.stderr)
    warnings.warn("by warnings")
    return SUCCESS

class Polled(changes.ReconfigurablePollingChangeSource if hasattr(changes, "ReconfigurablePollingChangeSource")
             else __import__("buildbot.changes.base", fromlist=["x"]).ReconfigurablePollingChangeSource):
    seen = 0
    @defer.inlineCallbacks
    def poll(self):
        yield task.deferLater(reactor, 0, lambda: None)
        if not self.seen:
            Polled.seen = yield self.master.data.updates.addChange(author="me", files=["f"], revision="r1", branch="b")

@defer.inlineCallbacks
def is_important(change):
    yield task.deferLater(reactor, 0, lambda: None)
    return change.branch == "b"

c["change_source"] = [Polled(name="polled", pollInterval=3600, pollAtLaunch=True)]
c["builders"] = [builder(f.__name__, f) for f in (mixed, processes, logging)]
c["builders"].append(util.BuilderConfig(name="polled", workernames=["w1"], factory=util.BuildFactory([
    steps.ShellCommand(command="true")])))
c["schedulers"] = [
    schedulers.ForceScheduler(name="force", builderNames=["mixed", "processes", "logging"]),
    schedulers.SingleBranchScheduler(name="polled", builderNames=["polled"], branch="b", fileIsImportant=is_important),
]
"""


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Master]:
    folder: Path = tmp_path_factory.mktemp("twisted")
    made = Master(folder).create(CONFIG)
    with running(made, Worker(folder, made.pb)):
        made.wait_attached()
        yield made


def test_coroutines_deferreds_and_asyncio_mix(master: Master) -> None:
    build = master.finished_build(master.force("mixed"))

    step = master.step(build, "mixed")
    logs = {log["slug"] for log in master.rows(f"steps/{step['stepid']}/logs")}
    said = master.log_text(step, "err_text" if "err_text" in logs else "said")
    assert said == repr([True] * 15) + "\n", said + master.log()


def test_all_of_500_child_processes_report(master: Master) -> None:
    build = master.finished_build(master.force("processes"))

    assert build["results"] == 0, master.log()


@pytest.mark.parametrize(
    "line",
    [
        "[stdout#info] printed while loading",
        "[-] by log.msg",
        "by Logger formatted",
        "something went wrong",
        "builtins.KeyError: 'by log.err'",
        "builtins.RuntimeError: nobody looked at it",
        "RuntimeError: a task nobody looked at",
        "[stdout#info] by print\n",
        "[stdout#info] half a line\n",
        "[stderr#error] by stderr\n",
        "UserWarning: by warnings",
    ],
)
def test_what_user_code_says_is_in_the_log(master: Master, line: str) -> None:
    if not master.rows("builders/logging/builds"):
        assert master.finished_build(master.force("logging"))["results"] == 0

    wait_for(line, lambda: line in master.log(), 20)


def test_a_poller_of_deferreds_gives_changes_that_a_deferred_finds_important(
    master: Master,
) -> None:
    build = wait_for("the change's build", lambda: master.row_or_none("builders/polled/builds"))

    assert master.rows(f"builds/{build['buildid']}/changes")[0]["revision"] == "r1"


def test_a_configuration_without_twisted_never_loads_it(
    run_master: Callable[[str], Master],
) -> None:
    master = run_master("""
import sys
from buildbot.process import buildstep
from buildbot.util import asyncSleep, deferwaiter, misc
from buildbot.util.twisted import async_to_deferred
class Look(buildstep.BuildStep):
    @async_to_deferred
    async def soon(self):
        await asyncSleep(0)
        return 1
    async def run(self):
        await self.runCommand(await self.command())
        self.setProperty("soon", await self.soon(), "Look")
        self.setProperty("loaded", [n for n in sys.modules if n.split(".")[0] in ("twisted", "zope")], "Look")
        return 0
    async def command(self):
        from buildbot.process.remotecommand import RemoteCommand
        await self.addCompleteLog("x", await self.render(util.Interpolate("%(prop:builder)s")))
        return RemoteCommand("mkdir", {"dir": "build"})
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=util.BuildFactory([Look()]))]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"])]
""")
    build = master.finished_build(master.force())

    properties = master.rows(f"builds/{build['buildid']}/properties")[0]
    assert properties["soon"] == [1, "Look"], master.log()
    assert properties["loaded"] == [[], "Look"]


ENDS = """
import threading
from twisted.internet import defer, reactor, task, threads
from buildbot.process import buildstep
def shutdown():
    print("before shutdown")
    return task.deferLater(reactor, 0.01, print, "the reactor waits for it")
reactor.addSystemEventTrigger("before", "shutdown", shutdown)
class Stop(buildstep.BuildStep):
    def run(self):
        {what}
        return 0
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=util.BuildFactory([Stop()]))]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"])]
"""


def test_stopping_the_reactor_stops_the_master(run_master: Callable[[str], Master]) -> None:
    master = run_master(ENDS.format(what="reactor.stop()"))

    master.force()

    wait_for("the master's end", lambda: master.pid() is None)
    assert "[stdout#info] before shutdown" in master.log()
    assert "the master has stopped" in master.log()


def test_a_thread_that_never_ends_does_not_keep_the_master(
    run_master: Callable[[str], Master],
) -> None:
    master = run_master(
        ENDS.format(what="threading.Thread(target=threading.Event().wait, name='stuck').start()")
    )
    assert master.finished_build(master.force())["results"] == 0

    master.stop()

    assert "[stdout#info] the reactor waits for it" in master.log()
    assert "threads of user code still run: ['stuck']" in master.log()
    assert master.log().rstrip().endswith("the master has stopped")
