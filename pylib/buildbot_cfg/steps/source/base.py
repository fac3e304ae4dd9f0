# SPDX-License-Identifier: MIT
"""What steps that check sources out have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from buildbot_cfg._checks import check_attributes, shown
from buildbot_cfg._declared import Label, quoted
from buildbot_cfg._errors import report
from buildbot_cfg._tasks import awaited, promised
from buildbot_cfg.interfaces import WorkerSetupError
from buildbot_cfg.process._live import BuildStepFailed
from buildbot_cfg.process._rendering import is_renderable
from buildbot_cfg.process.buildstep import BuildStep
from buildbot_cfg.process.properties import Interpolate
from buildbot_cfg.process.results import FAILURE, SUCCESS
from buildbot_cfg.steps.source._commands import CommandLines

_PATCHED = ".buildbot-patched"
_DIFF = ".buildbot-diff"
_PATCH_TIMEOUT = 20 * 60
_MODES = ("incremental", "full")


_KINDS: dict[str, tuple[type, ...]] = {
    "alwaysUseLatest": (bool,),
    "timeout": (int, float, type(None)),
    "env": (dict, type(None)),
    "logEnviron": (bool,),
}


def _label_of(step: Any) -> str:
    name = step.name
    if isinstance(name, Interpolate):
        name = name.kwargs.get("name")  # with a codebase
    return f"{quoted('step', name)} ({type(step).__name__})"


class Source(BuildStep, CommandLines):
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
    method: Any = None
    revision: Any = None
    sourcestamp: Any = None
    stdio_log: Any = None
    label = Label(_label_of)
    _free_arguments = frozenset(
        (*_KINDS, "description", "descriptionDone", "descriptionSuffix", "workdir")
    )
    _free_texts = frozenset(("codebase",))
    #: What a subclass declares: its program, and the methods of mode "full".
    program: ClassVar[str] = ""
    possible_methods: Any = ()
    parseGotRevision: Any  # of subclasses: sets got_revision

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
        if codebase:
            name = kwargs.get("name", type(self).name)
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
        check_attributes(self, _KINDS, renderable=True)
        self.retry = self._checked_retry(retry)

    # -- what subclasses check ---------------------------------------------------------------

    def _checked_retry(self, retry: Any) -> tuple[float, int] | None:
        if retry is None:
            return None
        if isinstance(retry, (tuple, list)) and len(retry) == 2:
            delay, repeats = retry
            if isinstance(delay, (int, float)) and isinstance(repeats, int):
                return delay, repeats
        report(f'"retry" must be (seconds, how often), not {shown(retry)}', self.label)
        return None

    def _require(self, **given: Any) -> None:
        """Reports what is missing."""
        for key, value in given.items():
            # No comparison with "": renderables make renderables of comparisons.
            if value is None or (isinstance(value, str) and not value):
                report(f'argument "{key}" is missing', self.label)

    def _check_mode(self) -> None:
        if not is_renderable(self.mode) and self.mode not in _MODES:
            report(f'"mode" must be "incremental" or "full", not {shown(self.mode)}', self.label)

    def _check_choice(self, name: str, choices: Any) -> None:
        value = getattr(self, name)
        if is_renderable(value) or value in choices:
            return
        known = ", ".join(str(choice) for choice in choices if choice is not None)
        report(f'"{name}" must be one of {known}, not {shown(value)}', self.label)

    def _check_full_method(self) -> None:
        """Reports a method that mode "full" has not, and any in mode "incremental"."""
        if is_renderable(self.mode):
            return
        if self.mode == "full" and self.method is not None:
            self._check_choice("method", self.possible_methods)
        elif self.mode == "incremental" and self.method is not None:
            report('"method" needs the mode "full"', self.label)

    # -- what is to be checked out -----------------------------------------------------------

    def updateSourceProperty(self, name: str, value: Any, source: str = "") -> None:
        """Sets a property of the source: with a codebase, one entry of a dict by codebase."""
        source = source or type(self).__name__
        if self.codebase:
            value = {**(self.getProperty(name) or {}), self.codebase: value}
        self.setProperty(name, value, source)

    def computeSourceRevision(self, changes: list[Any]) -> Any:
        """The revision that has all these changes; None when they do not say."""
        return None

    @promised
    async def run_vc(self, branch: Any, revision: Any, patch: Any) -> int:
        """Checks out."""
        raise NotImplementedError(f"{type(self).__name__} has no run_vc()")

    async def run(self) -> Any:
        """Finds out what is to be checked out, and does it."""
        if self.alwaysUseLatest:
            return await awaited(self.run_vc(self.branch, None, None))
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
        branch = stamp.branch or self.branch
        return await awaited(self.run_vc(branch, revision or None, stamp.patch))

    # -- patches -----------------------------------------------------------------------------

    @promised
    async def sourcedirIsPatched(self) -> bool:
        """Whether the last build patched the tree."""
        return await self.pathExists(self._path(_PATCHED))

    async def make_tree(self, patch: tuple[int, bytes, str] | None) -> int:
        """Does what the mode asks for, applies the patch and looks which revision that is."""
        await awaited(getattr(self, f"mode_{self.mode}")())
        if patch:
            await awaited(self.patch(patch))
        await self.parseGotRevision()
        return SUCCESS

    @promised
    async def patch(self, patch: tuple[int, bytes, str]) -> None:
        """Applies a patch; from then on ``workdir`` is the directory it was made for."""
        diff = patch[1]
        root = patch[2] if len(patch) >= 3 else ""
        workdir = self._path(root) if root else self.workdir
        if root and not self._below(workdir, self.build.path_module):
            raise BuildStepFailed(f"the patch's directory {root!r} is outside of the tree")
        await self.downloadFileContentToWorker(_DIFF, diff, True, workdir=workdir)
        await self.downloadFileContentToWorker(_PATCHED, "patched\n", True, workdir=self.workdir)
        self.workdir = workdir
        await awaited(self.applyPatch(patch))
        await self.runRmdir(self._path(_DIFF), timeout=120)

    def _below(self, workdir: str, path: Any) -> bool:
        own = path.normpath(self.workdir)
        there = path.normpath(workdir)
        return bool(there == own or there.startswith(own + path.sep))

    @promised
    async def applyPatch(self, patch: tuple[int, bytes, str]) -> None:
        """Runs the command that patches; subclasses may have their own."""
        words = ["patch", f"-p{patch[0]}", "--remove-empty-files", "--force", "--forward"]
        words += ["-i", _DIFF]
        await self._shell(words, False, False, None, True, timeout=_PATCH_TIMEOUT)

    # -- commands ----------------------------------------------------------------------------

    def vc_words(self, command: list[Any]) -> list[Any]:
        """The whole command line of one of the program's commands."""
        return [self.program, *command]

    @promised
    async def _dovccmd(
        self,
        command: list[Any],
        collectStdout: bool = False,
        collectStderr: bool = False,
        initialStdin: str | None = None,
        abandonOnFailure: bool = True,
        workdir: str | None = None,
        decodeRC: dict[int, int] | None = None,
    ) -> Any:
        """Runs one of the program's commands; gives its output when collected, else its code."""
        if not command:
            raise ValueError("no command specified")
        words = self.vc_words(command)
        done = await self._shell(
            words, collectStdout, collectStderr, initialStdin, abandonOnFailure, workdir, decodeRC
        )
        if collectStdout and collectStderr:
            return done.stdout, done.stderr
        return done.stdout if collectStdout else done.rc

    async def _require_program(self, *version: str) -> None:
        """Stops the step when the worker has not the program."""
        if await self._dovccmd(list(version) or ["--version"], abandonOnFailure=False) != 0:
            raise WorkerSetupError(f"{self.program} is not installed on the worker")

    def _getMethod(self) -> Any:
        if self.method is None and self.mode == "full":
            return "fresh"
        return None if self.mode == "incremental" else self.method

    async def copied_from_source(self) -> None:
        """The method "copy": updates the directory "source", and copies it."""
        await self.runRmdir(self.workdir, timeout=self.timeout)
        target, self.workdir = self.workdir, "source"
        try:
            await awaited(self.mode_incremental())
            await self.copied("source", target)
        finally:
            self.workdir = target

    @promised
    async def mode_incremental(self) -> None:
        """Brings the tree of the last build up to date, or makes one."""
        raise NotImplementedError(f"{type(self).__name__} has no mode_incremental()")

    async def cloned(self, words: list[Any]) -> None:
        """Runs the command that makes a tree, as often as ``retry`` says.

        Raises:
            BuildStepFailed: in vain.
        """

        async def attempt() -> bool:
            if attempts.pop(0):
                await self.runRmdir(self.workdir)
            attempts.append(True)
            return bool(await self._dovccmd(words, abandonOnFailure=False) == 0)

        attempts = [False]
        if not await self.retried(attempt):
            raise BuildStepFailed(f"{self.program} {words[0]} failed")

    async def retried(self, attempt: Callable[[], Awaitable[bool]]) -> bool:
        """Whether an attempt succeeded, trying again as ``retry`` says."""
        delay, repeats = self.retry or (0, 0)
        while not await attempt():
            if repeats <= 0 or self.stopped:
                return False
            repeats -= 1
            self.retry = (delay, repeats)
            await asyncio.sleep(delay)
        return True
