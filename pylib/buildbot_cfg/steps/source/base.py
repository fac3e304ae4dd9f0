# SPDX-License-Identifier: MIT
"""What steps that check sources out have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from buildbot_cfg._checks import check_type, shown
from buildbot_cfg._declared import quoted
from buildbot_cfg._errors import report
from buildbot_cfg.process._live import BuildStepFailed
from buildbot_cfg.process.buildstep import BuildStep
from buildbot_cfg.process.properties import Interpolate
from buildbot_cfg.process.remotecommand import RemoteShellCommand
from buildbot_cfg.process.results import FAILURE
from buildbot_cfg.steps.worker import CompositeStepMixin

_PATCHED = ".buildbot-patched"
_DIFF = ".buildbot-diff"


class Source(BuildStep, CompositeStepMixin):
    """Checks the sources of one codebase out; subclasses implement ``run_vc``.

    Args:
        workdir: where to, below the builder's directory.
        mode: how much is kept from the last build.
        alwaysUseLatest: ignore the build's revision.
        timeout: seconds without output after which a command is killed.
        retry: (seconds to wait, how often) for commands that use the network.
        env: variables added to the worker's environment.
        codebase: the source stamp's.
    """

    renderables: ClassVar[list[str]] = ["env"]
    haltOnFailure = True
    flunkOnFailure = True
    branch: Any = None

    def __init__(
        self,
        workdir: Any = None,
        mode: Any = "update",
        alwaysUseLatest: bool = False,
        timeout: Any = 20 * 60,
        retry: tuple[float, int] | None = None,
        env: Any = None,
        logEnviron: bool = True,
        description: Any = None,
        descriptionDone: Any = None,
        descriptionSuffix: Any = None,
        codebase: str = "",
        **kwargs: Any,
    ) -> None:
        name = kwargs.get("name", type(self).name)
        self.label = f"{quoted('step', name)} ({type(self).__name__})"
        check_type(self.label, "alwaysUseLatest", alwaysUseLatest, bool, renderable=True)
        check_type(self.label, "timeout", timeout, int, float, type(None), renderable=True)
        check_type(self.label, "env", env, dict, type(None), renderable=True)
        check_type(self.label, "logEnviron", logEnviron, bool, renderable=True)
        if codebase:
            kwargs["name"] = Interpolate(
                "%(kw:name)s-%(kw:codebase)s", name=name, codebase=codebase
            )
            if descriptionSuffix is None:
                descriptionSuffix = [codebase]
        super().__init__(
            workdir=workdir,
            description=description if description is not None else ["updating"],
            descriptionDone=descriptionDone if descriptionDone is not None else ["update"],
            descriptionSuffix=descriptionSuffix,
            **kwargs,
        )
        self.mode, self.codebase, self.timeout = mode, codebase, timeout
        self.alwaysUseLatest, self.logEnviron, self.env = alwaysUseLatest, logEnviron, env
        self.retry = self._checked_retry(retry)
        self.sourcestamp: Any = None
        self.stdio_log: Any = None

    def _checked_retry(self, retry: Any) -> tuple[float, int] | None:
        if retry is None:
            return None
        if isinstance(retry, (tuple, list)) and len(retry) == 2:
            delay, repeats = retry
            if isinstance(delay, (int, float)) and isinstance(repeats, int):
                return delay, repeats
        report(f'"retry" must be (seconds, how often), not {shown(retry)}', self.label)
        return None

    def updateSourceProperty(self, name: str, value: Any, source: str = "") -> None:
        """Sets a property of the source: with a codebase, one entry of a dict by codebase."""
        source = source or type(self).__name__
        if self.codebase:
            value = {**(self.getProperty(name) or {}), self.codebase: value}
        self.setProperty(name, value, source)

    def computeSourceRevision(self, changes: list[Any]) -> Any:
        """The revision that has all these changes; None when they do not say."""
        return None

    async def run_vc(self, branch: Any, revision: Any, patch: Any) -> int:
        """Checks out."""
        raise NotImplementedError

    async def run(self) -> int:
        """Finds out what is to be checked out, and does it."""
        if self.alwaysUseLatest:
            return await self.run_vc(self.branch, None, None)
        stamp = self.sourcestamp = self.build.getSourceStamp(self.codebase)
        if stamp is None:
            text = f"the build has no source stamp for the codebase {self.codebase!r}"
            self.descriptionDone = f"Codebase {self.codebase} not in build"
            await self.addCompleteLog("log", text + "\n")
            return FAILURE
        revision = stamp.revision
        if not revision and (revision := self.computeSourceRevision(stamp.changes)):
            self.updateSourceProperty("revision", str(revision))
        if stamp.patch:
            await self.addCompleteLog("patch", stamp.patch[1].decode("utf-8", "replace"))
        return await self.run_vc(stamp.branch or self.branch, revision or None, stamp.patch)

    async def sourcedirIsPatched(self) -> bool:
        """Whether the last build patched the tree."""
        return await self.pathExists(self._path(_PATCHED))

    async def patch(self, patch: tuple[int, bytes, str]) -> None:
        """Applies a patch."""
        level, body, subdir = patch
        workdir = self.build.path_module.join(self.workdir, subdir) if subdir else self.workdir
        await self.downloadFileContentToWorker(_DIFF, body, True, workdir=self.workdir)
        await self.downloadFileContentToWorker(_PATCHED, "patched\n", True, workdir=self.workdir)
        diff = self.build.path_module.relpath(_DIFF, subdir or ".")
        await self.command(
            ["patch", f"-p{level}", "--remove-empty-files", "--force", "--forward", "-i", diff],
            workdir=workdir,
        )

    async def command(
        self,
        words: list[Any],
        collect: bool = False,
        abandon: bool = True,
        workdir: str | None = None,
        stdin: str | None = None,
    ) -> RemoteShellCommand:
        """Runs a command in the tree; its output goes into the step's log.

        Raises:
            BuildStepFailed: it failed, and ``abandon``.
        """
        command = RemoteShellCommand(
            self.workdir if workdir is None else workdir,
            words,
            env=self.env,
            timeout=self.timeout,
            logEnviron=self.logEnviron,
            collectStdout=collect,
            initialStdin=stdin,
        )
        command.useLog(self.stdio_log, False, "stdio")
        await self.runCommand(command)
        if abandon and command.rc != 0:
            raise BuildStepFailed(f"{' '.join(str(word) for word in words[:2])} failed")
        return command

    async def retried(self, attempt: Callable[[], Awaitable[bool]]) -> bool:
        """Whether an attempt succeeded, trying again as ``retry`` says."""
        delay, repeats = self.retry or (0, 0)
        while not await attempt():
            if repeats <= 0 or self.stopped:
                return False
            repeats -= 1
            self.stdio_log.addHeader(
                f"trying again in {delay} seconds, {repeats} more times after that\n"
            )
            await asyncio.sleep(delay)
        return True

    def _path(self, *parts: str) -> str:
        path: str = self.build.path_module.join(self.workdir, *parts)
        return path
