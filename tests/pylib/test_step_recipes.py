# SPDX-License-Identifier: MIT
"""Steps as recipes: what they are made of, and what may be changed of them."""

from buildbot.plugins import steps
from buildbot.process import buildstep
from buildbot.process.results import EXCEPTION, SUCCESS


class Shell(buildstep.ShellMixin, buildstep.BuildStep):
    """A shell command of one's own, which Python runs."""

    def __init__(self, **kwargs):
        super().__init__(**self.setupShellMixin(kwargs))

    async def run(self):
        command = await self.makeRemoteShellCommand()
        await self.runCommand(command)
        return command.results()


class Adds(buildstep.BuildStep):
    async def run(self):
        made = Shell(command="true", name="more")
        made.color = "green"
        self.build.addStepsAfterCurrentStep([made])
        return SUCCESS


def test_steps_compare_by_class_and_arguments():
    assert steps.ShellCommand(command="a") == steps.ShellCommand(command="a")
    assert steps.ShellCommand(command="a") != steps.ShellCommand(command="b")
    assert steps.Compile(command="a") != steps.ShellCommand(command="a")
    assert repr(steps.ShellCommand(command=["a"])) == "ShellCommand(command=['a'])"


def test_a_step_that_a_running_step_makes_can_be_changed_but_not_added(step_run):
    _, handle, end = step_run(Adds())

    assert end["results"] == EXCEPTION
    assert '"color" cannot be set on a finished step: pass it as an argument' in end["error"]
    assert handle.added_steps == []


def test_an_argument_of_a_recipe_can_be_changed(step_run):
    step = Shell(command="echo one")
    step.set_step_arg("command", "echo two")

    assert step_run(step)[1].log_named("stdio")["text"] == "otwo\n"
