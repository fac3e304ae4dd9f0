# SPDX-License-Identifier: MIT
"""What buildbot_cfg.testing says of a step and of wrong expectations."""

import pytest
from buildbot.plugins import steps, util
from buildbot.process import buildstep, remotecommand
from buildbot.process.results import CANCELLED, FAILURE, RETRY, SUCCESS
from buildbot_cfg.testing import remote, render, run_step, shell


class Check(buildstep.ShellMixin, buildstep.BuildStep):
    name = "check"

    async def run(self):
        stat = remotecommand.RemoteCommand("stat", {"file": "build/x"})
        await self.runCommand(stat)
        command = await self.makeRemoteShellCommand(
            command=["check", self.getProperty("stage")], collectStdout=True
        )
        await self.runCommand(command)
        self.setProperty("said", command.stdout.strip(), "Check")
        await self.addURL("report", "http://ci/report")
        return command.results()


def test_a_step_of_ones_own():
    ran = run_step(
        Check(),
        remote("stat", rc=0, file="build/x"),
        shell(["check", "prod"], stdout="fine\n"),
        stage="prod",
    )

    assert ran.results == SUCCESS
    assert ran.properties == {"said": ("fine", "Check")}
    assert ran.urls == {"report": "http://ci/report"}
    assert ran.logs["stdio"].stdout == "fine\n"
    assert [command.name for command in ran.commands] == ["stat", "shell"]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([remote("stat")], "one command more than expected: shell"),
        (
            [remote("stat"), shell(["check", "test"])],
            "the test expects shell {'command': \\['check', 'test'\\]}",
        ),
        ([remote("glob")], "the step ran stat {}, the test expects glob"),
        ([remote("stat"), shell(), shell(["never"])], "1 commands were not run: shell"),
    ],
    ids=["one more", "another argument", "another command", "one less"],
)
def test_wrong_expectations_are_told(answers, message):
    with pytest.raises(AssertionError, match=message):
        run_step(Check(), *answers, stage="prod")


@pytest.mark.parametrize(
    ("answer", "results", "summary"),
    [
        (shell(rc=3), FAILURE, "'make' (failure)"),
        (shell(rc=-1, failure_reason="timeout"), FAILURE, "'make' (failure) (timed out)"),
        (shell(interrupt="enough"), CANCELLED, "'make' (cancelled)"),
        (shell(lost=True), RETRY, "'make' (retry)"),
    ],
    ids=["status", "timeout", "interrupt", "lost"],
)
def test_how_a_command_ends(answer, results, summary):
    ran = run_step(steps.Compile(command=["make"], descriptionDone=None), answer)
    assert (ran.results, ran.summary) == (results, summary)


def test_results_of_pylint():
    line = "a.py:5:0: W0611: Unused import os (unused-import)"
    ran = run_step(steps.PyLint(command=["pylint", "a"]), shell(stdout=line + "\n", rc=4))

    result = {
        "value": line,
        "test_name": None,
        "test_code_path": "a.py",
        "line": 5,
        "duration_ns": None,
    }
    assert ran.test_results == [(("Pylint warnings", "code_issue", "message"), [result])]


def test_a_renderer():
    @util.renderer
    def archive(props):
        return f"{props.getProperty('branch')}.tar"

    assert render([archive, util.Interpolate("%(prop:n)s")], branch="main", n=3) == [
        "main.tar",
        "3",
    ]
