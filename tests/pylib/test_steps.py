# SPDX-License-Identifier: MIT
"""Steps that Python runs: what they may use, and how they end (semantics 2 and 3)."""

import asyncio
import datetime

import pylib_fakes
import pytest
from buildbot.data import resultspec
from buildbot.plugins import steps, util
from buildbot.process import buildstep, logobserver, remotecommand
from buildbot.process.results import CANCELLED, EXCEPTION, FAILURE, RETRY, SUCCESS, WARNINGS
from buildbot_cfg import _policy
from buildbot_cfg._view_builders import BuilderMaker


class Shell(buildstep.ShellMixin, buildstep.BuildStep):
    """A shell command of one's own, which Python runs."""

    def __init__(self, **kwargs):
        kwargs = self.setupShellMixin(kwargs)
        super().__init__(**kwargs)

    async def run(self):
        command = await self.makeRemoteShellCommand()
        await self.runCommand(command)
        return command.results()


def python_step(function, **attributes):
    class Own(buildstep.BuildStep):
        name = "own"

        async def run(self):
            return await function(self)

    for name, value in attributes.items():
        setattr(Own, name, value)
    return Own()


def test_a_shell_step_runs_its_command_and_logs_it(step_run):
    step = Shell(
        command=["sh", "-c", ["echo $A; echo err >&2"]],
        env={"A": util.Interpolate("x%(prop:branch)s")},
        workdir="w",
    )

    _, handle, end = step_run(step)

    assert end["results"] == SUCCESS
    assert end["step"] == "'sh -c ...'"
    assert handle.log_named("stdio")["text"] == "oxmain\neerr\n"
    name, args = handle.commands[0]
    assert name == "shell"
    assert args == {
        "workdir": "w", "env": {"A": "xmain"}, "want_stdout": True, "want_stderr": True, "logfiles": {},
        "timeout": 1200, "maxTime": None, "max_lines": None, "sigtermTime": None, "usePTY": False,
        "logEnviron": True, "initial_stdin": None, "interruptSignal": "KILL",
        "command": ["sh", "-c", "echo $A; echo err >&2"],
    }  # fmt: skip
    assert list(args) == [
        "workdir", "env", "want_stdout", "want_stderr", "logfiles", "timeout", "maxTime", "max_lines",
        "sigtermTime", "usePTY", "logEnviron", "initial_stdin", "interruptSignal", "command",
    ]  # fmt: skip


def test_the_builders_environment_is_below_the_steps(step_run):
    step = Shell(command="echo $A $B", env={"B": "step"})
    factory = util.BuildFactory([step])
    env = {"A": util.Interpolate("%(prop:branch)s"), "B": "builder"}
    config = util.BuilderConfig(name="b", workername="w1", factory=factory, env=env)

    _, handle, _ = step_run(step, config=config)

    assert handle.log_named("stdio")["text"] == "omain step\n"


@pytest.mark.parametrize(
    ("outcome", "results", "text"),
    [
        ({"rc": 0}, SUCCESS, "'make all'"),
        ({"rc": 1}, FAILURE, "'make all' (failure)"),
        ({"rc": 3}, WARNINGS, "'make all' (warnings)"),
        ({"rc": -1, "end": "interrupted"}, CANCELLED, "'make all' (cancelled)"),
        ({"rc": -1, "failure_reason": "timeout"}, FAILURE, "'make all' (failure) (timed out)"),
        (
            {"rc": -1, "failure_reason": "timeout_without_output"},
            FAILURE,
            "'make all' (failure) (timed out)",
        ),
        (
            {"rc": -1, "failure_reason": "max_lines_failure"},
            FAILURE,
            "'make all' (failure) (max lines)",
        ),
        ({"rc": None, "end": "connection_lost"}, RETRY, "'make all' (retry)"),
        (
            {"rc": None, "end": "failed", "error": "worker trouble"},
            EXCEPTION,
            "'make all' (exception)",
        ),
    ],
)
def test_the_end_of_a_command_decides_the_result(step_run, tmp_path, outcome, results, text):
    handle = pylib_fakes.FolderHandle(tmp_path)
    handle.outcomes = [outcome]

    _, _, end = step_run(Shell(command=["make", "all"], decodeRC={0: 0, 3: 1}), handle=handle)

    assert (end["results"], end["step"]) == (results, text)
    assert ("worker trouble" in (end["error"] or "")) == (results == EXCEPTION)
    assert end["build"] == (text if results not in (SUCCESS, WARNINGS) else None)


@pytest.mark.parametrize(
    ("raised", "results"),
    [
        (buildstep.BuildStepFailed(), FAILURE),
        (buildstep.BuildStepCancelled(), CANCELLED),
        (ValueError("boom"), EXCEPTION),
    ],
    ids=repr,
)
def test_an_exception_becomes_a_result(step_run, raised, results):
    async def run(step):
        raise raised

    _, _, end = step_run(python_step(run))

    assert end["results"] == results
    assert ("ValueError: boom" in (end["error"] or "")) == (results == EXCEPTION)


def test_a_run_that_gives_no_result_is_an_exception(step_run):
    async def run(step):
        return None

    _, _, end = step_run(python_step(run))

    assert end["results"] == EXCEPTION
    assert "must return a result, not None" in end["error"]


def test_names_and_renderables_are_rendered_before_the_step_runs(step_run):
    @util.renderer
    async def late(props):
        await asyncio.sleep(0)
        return ["x", util.Property("branch")]

    seen = {}

    class Own(buildstep.BuildStep):
        renderables = ["thing"]

        def __init__(self, thing, **kwargs):
            self.thing = thing
            super().__init__(**kwargs)

        async def run(self):
            seen["thing"] = self.thing
            return SUCCESS

    step = Own(
        late, name=util.Interpolate("n-%(prop:branch)s"), haltOnFailure=util.Property("branch")
    )
    _, _, end = step_run(step)

    assert seen["thing"] == ["x", "main"]
    assert end["name"] == "n-main"
    assert end["flags"] == (True, True, False, False, False)
    assert step_run(step)[2]["name"] == "n-main"


def test_an_error_in_a_renderer_is_told(step_run):
    step = Shell(command=util.renderer(lambda props: 1 / 0))

    _, _, prepared = step_run(step)

    assert "ZeroDivisionError" in prepared["error"]


async def _async_no(step):
    return False


@pytest.mark.parametrize(
    ("condition", "skip"),
    [
        (False, True),
        (True, False),
        (lambda step: step.getProperty("branch") == "main", False),
        (_async_no, True),
        (util.Property("missing", False), True),
        (util.renderer(lambda props: props["branch"] == "main"), False),
    ],
)
def test_do_step_if_decides(step_run, condition, skip):
    assert step_run(Shell(command="true", doStepIf=condition))[2]["skip"] is skip


@pytest.mark.parametrize(
    ("hide", "hidden", "results"),
    [
        (True, True, SUCCESS),
        (lambda results, step: results == SUCCESS and step.name == "generic", True, SUCCESS),
        (lambda results, step: 1 / 0, False, EXCEPTION),
    ],
)
def test_hide_step_if_decides(step_run, hide, hidden, results):
    _, _, end = step_run(Shell(command="true", hideStepIf=hide))

    assert (end["hidden"], end["results"]) == (hidden, results)


def test_observers_see_lines_in_order_and_waiting_ones_are_connected(step_run):
    class Lines(logobserver.LogLineObserver):
        def __init__(self):
            super().__init__()
            self.seen = []

        def outLineReceived(self, line):
            self.seen.append(("o", line))

        def errLineReceived(self, line):
            self.seen.append(("e", line))

        def finishReceived(self):
            self.seen.append("end")

    lines, buffer, consumed = Lines(), logobserver.BufferLogObserver(wantStderr=True), []

    def consumer():
        while True:
            consumed.append((yield))

    async def run(step):
        step.addLogObserver("stdio", lines)
        step.addLogObserver("stdio", buffer)
        step.addLogObserver("stdio", logobserver.LineConsumerLogObserver(consumer))
        log = await step.addLog("stdio")
        log.addStdout("a\nb\n")
        await log.addStderr("c\n")
        log.addHeader("h\n")
        return SUCCESS

    _, handle, _ = step_run(python_step(run))

    assert lines.seen == [("o", "a"), ("o", "b"), ("e", "c"), "end"]
    assert consumed == [("o", "a"), ("o", "b"), ("e", "c"), ("h", "h")]
    assert (buffer.getStdout(), buffer.getStderr()) == ("a\nb\n", "c\n")
    assert handle.log_named("stdio") == {
        "name": "stdio",
        "type": "s",
        "text": "oa\nob\nec\nhh\n",
        "finished": True,
    }


def test_an_error_in_an_observer_makes_the_step_an_exception(step_run, logged):
    class Bad(logobserver.LogLineObserver):
        def outLineReceived(self, line):
            raise ValueError("cannot read " + line)

    class Own(Shell):
        async def run(self):
            self.addLogObserver("stdio", Bad())
            return await super().run()

    _, _, end = step_run(Own(command="echo x"))

    assert end["results"] == EXCEPTION
    assert end["error"] is None  # the step has no log of it, as under Buildbot
    assert any("cannot read x" in text for level, text in logged if level == "error")


def test_verbs_that_are_not_awaited_still_happen(step_run):
    async def run(step):
        step.addURL("page", "http://x/")
        step.addCompleteLog("note", "text")
        step.addHTMLLog("page", "<b>x</b>")
        step.setProperty("p", [1], "Own")
        step.setStatistic("n", 2)
        return SUCCESS

    runner, handle, _ = step_run(python_step(run))

    assert handle.urls == [("page", "http://x/")]
    assert handle.log_named("note")["text"] == "text\n"
    assert handle.log_named("page")["finished"]
    assert handle.properties["p"] == ([1], "Own", True)
    assert runner.step.build.getSummaryStatistic("n", lambda a, b: a + b) == 2
    assert runner.step.getProperty("p") == [1]


def test_the_build_is_around_the_step(step_run):
    seen = {}

    async def run(step):
        build = step.build
        seen.update(
            number=build.number, url=await build.getUrl(), worker=step.getWorkerName(), blame=build.blamelist(),
            files=build.allFiles(), admin=build.getWorkerInfo()["admin"], path=build.path_module.join("a", "b"),
            version=step.workerVersion("shell"), missing=step.workerVersion("nosuch", "1.0"),
            stamp=build.getSourceStamp().revision, none=build.getSourceStamp("x"), workdir=step.workdir,
            older=step.workerVersionIsOlderThan("shell", "3.10"), name=build.builder.name,
        )  # fmt: skip
        step.checkWorkerHasCommand("nosuch")

    change = {
        "changeid": 1, "author": "Ann", "files": ["f"], "comments": "", "revision": "r", "when_timestamp": 1,
        "branch": "main", "category": None, "repository": "", "project": "", "codebase": "", "properties": {},
    }  # fmt: skip
    _, _, end = step_run(python_step(run), changes=[change])

    assert seen == {
        "number": 3, "url": "http://ci/#/builders/2/builds/3", "worker": "w1", "blame": ["Ann"], "files": ["f"],
        "admin": "Ann", "path": "a/b", "version": "3.3", "missing": None, "stamp": None, "none": None,
        "workdir": "build", "older": True, "name": "b",
    }  # fmt: skip
    assert 'WorkerSetupError: worker "w1" has no command "nosuch"' in end["error"]


def test_a_stopped_step_ends_cancelled_and_says_why(step_run):
    async def stop(runner, handle):
        while not handle.commands:
            await asyncio.sleep(0)
        runner.interrupt("because")
        handle.interrupted.set()

    _, handle, end = step_run(Shell(command="sleep 50"), during=stop)

    assert end["results"] == CANCELLED
    assert handle.log_names() == ["stdio", "cancelled"]


def test_a_step_that_overrides_interrupt_alone_writes_no_log(step_run):
    class Own(Shell):
        def interrupt(self, reason):
            self.stopped = True

    async def stop(runner, handle):
        while not handle.commands:
            await asyncio.sleep(0)
        runner.interrupt("because")
        handle.interrupted.set()

    _, handle, _ = step_run(Own(command="sleep 50"), during=stop)

    assert handle.log_names() == ["stdio"]


def test_a_stopped_step_without_command_is_an_exception(step_run):
    async def wait(step):
        while not step.stopped:
            await asyncio.sleep(0)
        assert (
            await step.runCommand(remotecommand.RemoteCommand("mkdir", {"dir": "x"})) == CANCELLED
        )
        return SUCCESS

    async def stop(runner, handle):
        runner.interrupt("because")

    _, handle, end = step_run(python_step(wait), during=stop)

    assert end["results"] == EXCEPTION
    assert handle.commands == []


def test_the_data_api_gives_datetimes_and_passes_filters(step_run, live):
    live.rows["builds/7"] = {"buildid": 7, "started_at": 100, "complete_at": None}
    live.rows["builders/x y/builds"] = [{"buildid": 1, "started_at": 0}]
    live.rows["buildsets"] = [
        {"bsid": 1, "submitted_at": 5, "sourcestamps": [{"ssid": 1, "created_at": 6}]}
    ]
    got = {}

    async def run(step):
        get = step.master.data.get
        got["one"] = await get(("builds", 7))
        got["list"] = await get(
            ("builders", "x y", "builds"),
            filters=[resultspec.Filter("complete", "eq", [True])],
            order=["-buildid"],
            limit=3,
        )
        got["sets"], got["none"] = await asyncio.gather(get(("buildsets",)), get(("builds", 8)))
        return SUCCESS

    _, _, end = step_run(python_step(run))

    assert end["error"] is None
    epoch = datetime.datetime.fromtimestamp(100, tz=datetime.timezone.utc)
    assert got["one"] == {"buildid": 7, "started_at": epoch, "complete_at": None}
    assert got["list"][0]["started_at"].year == 1970
    assert (got["sets"][0]["submitted_at"], got["none"]) == (5, None)
    assert got["sets"][0]["sourcestamps"][0]["created_at"].second == 6
    (asked,) = (one for one in live.asked if one[0] == "builders/x y/builds")
    assert asked == (
        "builders/x y/builds",
        {"fields": None, "filters": [("complete", "eq", [True])], "order": ["-buildid"], "limit": 3,
         "offset": None, "properties": []},
    )  # fmt: skip


def test_a_renderer_may_ask_the_master(step_run, live):
    live.rows["buildsets"] = [{"bsid": 1}]

    @util.renderer
    async def count(props):
        return ["echo", str(len(await props.master.data.get(("buildsets",))))]

    _, handle, _ = step_run(Shell(command=count))

    assert handle.log_named("stdio")["text"] == "o1\n"


def test_steps_may_be_added_while_the_build_runs(step_run):
    async def run(step):
        step.build.addStepsAfterCurrentStep([Shell(command="true", name="more")])
        return SUCCESS

    runner, handle, _ = step_run(python_step(run))

    (((added,), at_end),) = handle.added_steps
    assert (added.step.name, added.session, at_end) == ("more", runner.session, False)


def test_native_steps_property_changes_reach_the_mirror(run, tmp_path):
    step = Shell(command="true")
    config = util.BuilderConfig(name="b", workername="w1", factory=util.BuildFactory([step]))

    async def go():
        (runner,) = await _policy.open_build(
            BuilderMaker(config, ""), pylib_fakes.context(), [step]
        )
        runner.session.property_changed("native", 1, "Step")
        return runner.session.build.getProperty("native")

    assert run(go()) == 1


def test_file_operations_of_both_mixins(step_run, tmp_path):
    class Files(buildstep.CommandMixin, buildstep.BuildStep):
        logEnviron = False

        async def run(self):
            assert await self.runMkdir("d")
            assert await self.pathExists("d")
            assert not await self.pathExists("nosuch")
            assert [path.rsplit("/", 1)[-1] for path in await self.runGlob("*")] == ["d"]
            assert await self.runRmdir("d")
            return SUCCESS

    _, _, end = step_run(Files())

    assert (end["results"], end["error"]) == (SUCCESS, None)
    assert not (tmp_path / "d").exists()


def test_a_failing_command_of_a_mixin_abandons_the_step(step_run, tmp_path):
    class Files(buildstep.CommandMixin, buildstep.BuildStep):
        async def run(self):
            await self.runMkdir("d")
            return SUCCESS

    handle = pylib_fakes.FolderHandle(tmp_path)
    handle.outcomes = [{"rc": 13}]

    assert step_run(Files(), handle=handle)[2]["results"] == FAILURE


def test_lazy_log_files_are_logs_once_they_have_text(step_run, tmp_path):
    class Own(Shell):
        async def run(self):
            self.addLogObserver("extra", buffer)
            return await super().run()

    buffer = logobserver.BufferLogObserver()

    class Lazy(pylib_fakes.FolderHandle):
        async def run_command(self, name, args, stdio, log_files, *collect):
            assert log_files == [("extra", None)]
            logid, slug = await self.add_log("extra", "s")
            self.runner.log_added(logid, "extra", slug)
            self.append_log(logid, "o", "late")
            return await super().run_command(name, args, stdio, log_files, *collect)

    handle = Lazy(tmp_path)
    step = Own(command="true", logfiles={"extra": "x.log"}, lazylogfiles=True)

    async def remember(runner, handle):
        handle.runner = runner

    step_run(step, handle=handle, during=remember)

    assert buffer.getStdout() == "late\n"


# -- the stock steps ---------------------------------------------------------------------------


def test_warnings_are_counted_listed_and_summed(step_run):
    step = steps.Compile(command="echo 'a.c:3: warning: x'; echo fine; echo 'b.c:4: Warning: y'")

    _, handle, end = step_run(step, properties={"warnings-count": (1, "x")})

    assert end["results"] == WARNINGS
    assert handle.log_named("warnings (2)")["text"] == "a.c:3: warning: x\nb.c:4: Warning: y\n"
    assert handle.properties["warnings-count"][0] == 3
    assert end["step"] == "compile (warnings)"


def test_warnings_are_suppressed_and_limited(step_run, tmp_path):
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "quiet").write_text("# comment\n\na.c : x : 1-5\n")
    given = {
        "command": "echo 'a.c:3: warning: x'; echo 'b.c:4: warning: y'",
        "warningPattern": r"^(.*?):([0-9]+): warning: (.*)$",
        "warningExtractor": steps.Compile.warnExtractFromRegexpGroups,
        "suppressionFile": "quiet",
    }

    _, handle, end = step_run(steps.Compile(**given, maxWarnCount=0))

    assert end["results"] == FAILURE
    assert handle.log_named("warnings (1)")["text"] == "b.c:4: warning: y\n"
    assert step_run(steps.Compile(**given, maxWarnCount=1))[2]["results"] == WARNINGS


def test_a_tests_numbers_are_its_summary(step_run):
    class Own(steps.Test):
        def createSummary(self):
            self.setTestResults(total=3, passed=2, failed=1)
            return super().createSummary()

    assert step_run(Own(command="exit 1"))[2]["step"] == "3 tests 2 passed 1 failed (failure)"
    assert step_run(steps.Test(command="true"))[2]["step"] == "test"


def test_a_property_is_set_from_a_command(step_run):
    _, handle, _ = step_run(
        steps.SetPropertyFromCommand(
            command="echo ' v '", property=util.Interpolate("p-%(prop:branch)s")
        )
    )

    assert handle.properties == {"p-main": ("v", "SetPropertyFromCommand Step", True)}
    assert handle.log_named("property changes")["text"] == "p-main: 'v'\n"


def test_a_failing_command_sets_no_property(step_run):
    _, handle, end = step_run(steps.SetPropertyFromCommand(command="echo v; exit 1", property="p"))

    assert (handle.properties, end["results"]) == ({}, FAILURE)


def test_a_function_extracts_properties_even_from_a_failure(step_run):
    def extract(rc, stdout, stderr):
        return {"rc": rc, "out": stdout, "err": stderr}

    _, handle, end = step_run(
        steps.SetPropertyFromCommand(command="echo o; echo e >&2; exit 3", extract_fn=extract)
    )

    values = {name: value for name, (value, *_) in handle.properties.items()}
    assert values == {"rc": 3, "out": "o\n", "err": "e\n"}
    assert end["results"] == FAILURE


def test_set_property_sets_it_at_run_time(step_run):
    _, handle, end = step_run(
        steps.SetProperty(property="p", value=util.Interpolate("%(prop:branch)s!"))
    )

    assert handle.properties == {"p": ("main!", "SetProperty", True)}
    assert end["step"] == "Set"
