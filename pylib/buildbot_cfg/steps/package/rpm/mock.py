# SPDX-License-Identifier: MIT
"""Steps that build packages of RPM in a clean system."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from buildbot_cfg._errors import report
from buildbot_cfg.process._commands import CommandMixin
from buildbot_cfg.process.logobserver import LogLineObserver
from buildbot_cfg.process.remotecommand import RemoteCommand
from buildbot_cfg.steps._tool import ToolStep

__all__ = ["Mock", "MockBuildSRPM", "MockRebuild", "MockStateObserver"]


class MockStateObserver(LogLineObserver):
    """Shows what mock is doing, as its ``state.log`` tells."""

    _line_re = re.compile(r"^.*(Start|Finish): (.*)$")

    def outLineReceived(self, line: str) -> None:
        """A line of ``state.log``."""
        if match := self._line_re.search(line.strip()):
            starts = match[1] == "Start"
            self.step.descriptionSuffix = [f"[{match[2]}]"] if starts else None
            self.step.updateSummary()


class Mock(ToolStep, CommandMixin):
    """Runs mock; its three logs become logs of the step.

    Args:
        root: the name of the system that mock uses.
        resultdir: where the results go.

    Example:
        >>> Mock(root="fedora-40-x86_64").name
        'mock'
    """

    name = "mock"
    haltOnFailure = True
    flunkOnFailure = True
    mock_logfiles: ClassVar[list[str]] = ["build.log", "root.log", "state.log"]
    root: Any = None
    resultdir: Any = None
    refused = ("command",)
    renderables: ClassVar[list[str]] = ["root", "resultdir"]

    def __init__(self, root: Any = None, resultdir: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if root:
            self.root = root
        if resultdir:
            self.resultdir = resultdir
        if not self.root:
            report('argument "root" is missing', f"step ({type(self).__name__})")

    def words(self) -> Any:
        """``mock --root root --resultdir dir``, and what the subclass does."""
        results = ["--resultdir", self.resultdir] if self.resultdir else []
        return ["mock", "--root", self.root, *results, *self.action()]

    def action(self) -> list[Any]:
        """What mock is to do."""
        return []

    async def run(self) -> int:
        """Removes the old logs, then runs mock."""
        join = self.build.path_module.join
        places = {
            name: join(self.resultdir, name) if self.resultdir else name
            for name in self.mock_logfiles
        }
        self.logfiles = {**self.logfiles, **places}
        self.addLogObserver("state.log", MockStateObserver())
        paths = [join("build", place) for place in places.values()]
        remove = RemoteCommand("rmdir", {"dir": paths, "logEnviron": False})
        remove.useLog(await self._in_build.logs.open("stdio"), False, "stdio")
        await self.runCommand(remove)
        return await self.run_tool()

    def getResultSummary(self) -> Any:
        """Without what mock did last."""
        self.descriptionSuffix = None
        return super().getResultSummary()


class MockBuildSRPM(Mock):
    """Builds a source package.

    Args:
        spec: the spec file.
        sources: the directory of the sources.
    """

    name = "mockbuildsrpm"
    description = ["mock buildsrpm"]
    descriptionDone = ["mock buildsrpm"]
    spec: Any = None
    sources: Any = "."

    def __init__(self, spec: Any = None, sources: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if spec:
            self.spec = spec
        if sources:
            self.sources = sources
        if not self.spec:
            report('argument "spec" is missing', "step (MockBuildSRPM)")

    def action(self) -> list[Any]:
        """``--buildsrpm``."""
        return ["--buildsrpm", "--spec", self.spec, "--sources", self.sources]


class MockRebuild(Mock):
    """Builds packages from a source package.

    Args:
        srpm: the source package.
    """

    name = "mock"
    description = ["mock rebuilding srpm"]
    descriptionDone = ["mock rebuild srpm"]
    srpm: Any = None

    def __init__(self, srpm: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if srpm:
            self.srpm = srpm
        if not self.srpm:
            report('argument "srpm" is missing', "step (MockRebuild)")

    def action(self) -> list[Any]:
        """``--rebuild``."""
        return ["--rebuild", self.srpm]
