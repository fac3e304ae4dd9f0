# SPDX-License-Identifier: MIT
"""Steps that a file of the repository describes."""

from __future__ import annotations

import importlib.util
from typing import Any

from buildbot_cfg._errors import warn
from buildbot_cfg.process._rendering import render
from buildbot_cfg.process.buildstep import BuildStep
from buildbot_cfg.process.properties import Properties, Property
from buildbot_cfg.process.results import FAILURE, SUCCESS
from buildbot_cfg.steps._ci_file import (
    BuildbotCiYml,
    BuildbotCiYmlInvalid,
    evaluate_condition,
    parse_env_string,
)
from buildbot_cfg.steps.shell import ShellCommand
from buildbot_cfg.steps.trigger import Trigger
from buildbot_cfg.steps.worker import CompositeStepMixin

__all__ = [
    "BuildbotCiSetupSteps",
    "BuildbotCiYml",
    "BuildbotCiYmlInvalid",
    "BuildbotTestCiReadConfigMixin",
    "BuildbotTestCiTrigger",
    "evaluate_condition",
    "parse_env_string",
]


class BuildbotTestCiReadConfigMixin(CompositeStepMixin):
    """Reads the file from the worker's directory."""

    __module__ = "buildbot.steps.configurable"
    config_filenames = [".bbtravis.yml", ".buildbot-ci.yml"]
    config: BuildbotCiYml | None = None

    async def get_config_yml_from_worker(self) -> tuple[str, str] | None:
        """Name and text of the first of the files that is there."""
        for name in self.config_filenames:
            text = await self.getFileContentFromWorker(name)
            if text is not None:
                return name, text
        return None

    async def get_ci_config(self) -> bool:
        """Reads the file; false when that failed, and the step tells why."""
        step: Any = self
        found = await self.get_config_yml_from_worker()
        if found is None:
            step.descriptionDone = ["failed to read configuration"]
            names = ", ".join(self.config_filenames)
            await step.addCompleteLog("error", f"Failed to read configuration: no file {names}\n")
            return False
        name, text = found
        await step.addCompleteLog(name, text)
        try:
            self.config = BuildbotCiYml.load_from_str(text)
        except BuildbotCiYmlInvalid as error:
            step.descriptionDone = [f"bad configuration file {name}"]
            await step.addCompleteLog("error", f"Bad configuration file:\n{error}")
            return False
        return True


class _AllProperties:
    """All properties of the build as texts, for the environment of a command."""

    async def getRenderingFor(self, props: Any) -> dict[str, str]:
        properties = props.getProperties()
        values = await render({name: value for name, value, _ in properties.asList()}, props)
        return {name: str(value) for name, value in values.items()}


class BuildbotCiSetupSteps(BuildbotTestCiReadConfigMixin, BuildStep):
    """Adds the commands of the repository's file at the end of the build.

    The file is ``.bbtravis.yml`` or ``.buildbot-ci.yml``. Its lists ``before_install``,
    ``install``, ``after_install``, ``before_script``, ``script`` and ``after_script`` hold shell
    commands, mappings of ``title``, ``cmd`` and ``condition``, or steps like
    ``!ShellCommand {command: make}``. All properties are variables of the commands' environment.
    Reading it needs PyYAML on the master.

    Example:
        >>> BuildbotCiSetupSteps().haltOnFailure
        True
    """

    name = "setup-steps"
    haltOnFailure = True
    flunkOnFailure = True
    MAX_NAME_LENGTH = 47

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        _tell_needs(self)

    async def run(self) -> int:
        """Reads the file and adds the steps."""
        if not await self.get_ci_config():
            return FAILURE
        assert self.config is not None
        for commands in self.config.script_commands.values():
            for command in commands:
                step = await self._step_of(command)
                if step is not None:
                    self.build.addStepsAfterLastStep([step])
        return SUCCESS

    async def _step_of(self, command: Any) -> BuildStep | None:
        if isinstance(command, BuildStep):
            return command
        if not isinstance(command, dict):
            return _shell(self._name_from_command(command), command)
        if "condition" in command and not await self._holds(command["condition"]):
            return None
        if isinstance(command.get("step"), BuildStep):
            made: BuildStep = command["step"]
            return made
        if "cmd" not in command:
            text = f"Neither step nor cmd is defined: {command!r}"
            await self.addCompleteLog("BuildbotCiSetupSteps error", text)
            return None
        title = command.get("title")
        name = self._name_from_command(command["cmd"]) if title is None else title
        return _shell(name, command["cmd"])

    async def _holds(self, condition: Any) -> bool:
        properties = self.getProperties()
        values = {name: value for name, value, _ in properties.asList()}
        try:
            return evaluate_condition(condition, values)
        except ValueError as error:
            self.descriptionDone = ["Problem parsing condition"]
            await self.addCompleteLog("condition error", str(error))
            return False

    def _name_from_command(self, name: Any) -> str:
        if not isinstance(name, str):
            raise BuildbotCiYmlInvalid(f"a command needs a title unless it is a text: {name!r}")
        first = name.lstrip("#").lstrip(" ").split("\n", 1)[0]
        if len(first) > self.MAX_NAME_LENGTH:
            return first[: self.MAX_NAME_LENGTH] + "..."
        return first


def _shell(name: Any, command: Any) -> ShellCommand:
    return ShellCommand(name=name, command=command, env=_AllProperties())


class BuildbotTestCiTrigger(BuildbotTestCiReadConfigMixin, Trigger):
    """Triggers a build for each entry of the matrix of the repository's file, and waits for them.

    The file is that of :class:`BuildbotCiSetupSteps`; its ``matrix: {include: [{env: A=1}, ...]}``
    says which variables each build gets, as properties. The builds are shown as those of a builder
    of that name (property ``virtual_builder_name``).

    Args:
        scheduler: name of the Triggerable scheduler.

    Example:
        >>> BuildbotTestCiTrigger(scheduler="job").schedulerNames
        ['job']
    """

    def __init__(self, scheduler: str, **kwargs: Any) -> None:
        super().__init__(
            name="buildbot-test-ci trigger",
            waitForFinish=True,
            schedulerNames=[scheduler],
            haltOnFailure=True,
            flunkOnFailure=True,
            sourceStamps=[],
            alwaysUseLatest=False,
            updateSourceStamp=False,
            **kwargs,
        )
        _tell_needs(self)

    async def run(self) -> int:
        """Reads the file, triggers the builds and waits."""
        if not await self.get_ci_config():
            return FAILURE
        return await super().run()

    def _replace_label(self, v: Any) -> str:
        assert self.config is not None
        try:
            return str(self.config.label_mapping.get(v, v))
        except TypeError:  # a list or a mapping
            return str(v)

    def build_scheduler_for_env(self, scheduler_name: str, env: dict[str, Any]) -> dict[str, Any]:
        """What is triggered for one entry of the matrix."""
        assert self.config is not None
        own = {**env, **env["env"]}
        del own["env"]
        labels = sorted(
            f"{self._replace_label(name)}:{self._replace_label(value)}"
            for name, value in own.items()
            if name not in self.config.global_env
        )
        own["virtual_builder_name"] = " ".join(labels)
        own["virtual_builder_tags"] = labels
        own["matrix_label"] = "/".join(labels)
        return {"sched_name": scheduler_name, "props_to_set": own, "unimportant": False}

    def getSchedulersAndProperties(self) -> Any:
        """One for each entry of the matrix."""
        assert self.config is not None
        return [
            self.build_scheduler_for_env(self.schedulerNames[0], entry)
            for entry in self.config.matrix
        ]

    def createTriggerProperties(self, properties: dict[str, Any]) -> Properties:
        """The entry's, and whether it is for a pull request as this build knows."""
        made = Properties()
        inherited = "BUILDBOT_PULL_REQUEST"
        made.setProperty(inherited, Property(inherited), "inherit")
        for name, value in properties.items():
            made.setProperty(name, value, type(self).__name__)
        return made


def _tell_needs(step: BuildStep) -> None:
    if importlib.util.find_spec("yaml") is None:
        text = "reading the repository's file needs the Python module 'yaml': pip install PyYAML"
        warn(text, type(step).__name__)
