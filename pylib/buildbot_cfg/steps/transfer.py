# SPDX-License-Identifier: MIT
"""Steps that move files between the master and the worker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import stat
from pathlib import Path, PurePath
from typing import Any, ClassVar

from buildbot_cfg._checks import check_type
from buildbot_cfg._errors import report
from buildbot_cfg._tasks import awaited
from buildbot_cfg.interfaces import WorkerSetupError
from buildbot_cfg.process.buildstep import BuildStep
from buildbot_cfg.process.remotecommand import RemoteCommand
from buildbot_cfg.process.remotetransfer import (
    DirectoryWriter,
    FileReader,
    FileWriter,
    StringFileReader,
)
from buildbot_cfg.process.results import FAILURE, SKIPPED, SUCCESS, worst_status
from buildbot_cfg.steps.worker import CompositeStepMixin

_MODE = (int, type(None))


class _Transfer(BuildStep):
    """What all transfers share."""

    haltOnFailure = True
    flunkOnFailure = True
    maxsize: int | None
    blocksize: int
    mode: int | None

    def _check_mode(self) -> None:
        check_type(f"step ({type(self).__name__})", "mode", self.mode, *_MODE)

    def _goes_to(
        self, workerdest: Any, maxsize: int | None, blocksize: int, mode: int | None
    ) -> None:
        self._require(workerdest=workerdest)
        self.workerdest = workerdest
        self.maxsize, self.blocksize, self.mode = maxsize, blocksize, mode
        self._check_mode()

    def _require(self, **given: Any) -> None:
        for key, value in given.items():
            if value is None:
                report(f'argument "{key}" is missing', f"step ({type(self).__name__})")

    def _require_command(self, command: str) -> None:
        if not self.workerVersion(command):
            raise WorkerSetupError(
                f'worker "{self.getWorkerName()}" is too old, it has no command "{command}"'
            )

    def _says(self, doing: str, path: Any) -> None:
        if self.description is None:
            self.description = [doing, PurePath(path).name]

    async def _transferred(self, command: RemoteCommand) -> int:
        """Runs the command; the step's result."""
        log = await self._in_build.logs.open("stdio")
        command.useLog(log, False, "stdio")
        await self.runCommand(command)
        return FAILURE if command.didFail() else command.results()

    async def _upload_file(self, source: Any, target: str, keepstamp: bool) -> int:
        await asyncio.to_thread(_make_place, target)
        args = {
            "workersrc": source,
            "workdir": self.workdir,
            "writer": FileWriter(target, self.maxsize, self.mode),
            "maxsize": self.maxsize,
            "blocksize": self.blocksize,
            "keepstamp": keepstamp,
        }
        result = await self._transferred(RemoteCommand("uploadFile", args))
        if result == FAILURE:
            # The worker closes the file also when it could not read its own to the end.
            await asyncio.to_thread(_remove, target)
        return result

    async def _upload_directory(self, source: Any, target: str, compress: Any) -> int:
        await asyncio.to_thread(_make_place, target)
        args = {
            "workersrc": source,
            "workdir": self.workdir,
            "writer": DirectoryWriter(target, self.maxsize, compress),
            "maxsize": self.maxsize,
            "blocksize": self.blocksize,
            "compress": compress,
        }
        return await self._transferred(RemoteCommand("uploadDirectory", args))

    async def _download(self, reader: Any, target: Any) -> int:
        args = {
            "workerdest": target,
            "workdir": self.workdir,
            "reader": reader,
            "maxsize": self.maxsize,
            "blocksize": self.blocksize,
            "mode": self.mode,
        }
        return await self._transferred(RemoteCommand("downloadFile", args))


def _place(path: Any) -> str:
    return str(Path(path).expanduser())


def _make_place(target: str) -> None:
    directory = Path(target).absolute().parent
    directory.mkdir(parents=True, exist_ok=True)
    if not os.access(directory, os.W_OK):
        raise PermissionError(f'cannot write into the directory "{directory}" of the master')


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):  # nothing was made
        Path(path).unlink()


class FileUpload(_Transfer):
    """Copies a file of the worker to the master.

    Args:
        workersrc: the file, below the step's directory on the worker.
        masterdest: where it goes on the master; relative paths are below the master's directory.
        workdir: directory on the worker.
        maxsize: more bytes than that are a failure.
        blocksize: bytes sent at once.
        mode: permission bits of the file made, like 0o644.
        keepstamp: keep the file's times.
        url: shown with the step.
        urlText: its text; by default the file's name.

    Example:
        >>> FileUpload(workersrc="dist/app.tar.gz", masterdest="public_html/app.tar.gz", mode=0o644)
        FileUpload(workersrc='dist/app.tar.gz', masterdest='public_html/app.tar.gz', mode=420)
    """

    name = "upload"
    renderables: ClassVar[list[str]] = ["masterdest", "url", "urlText", "workersrc"]

    def __init__(
        self,
        workersrc: Any = None,
        masterdest: Any = None,
        workdir: Any = None,
        maxsize: int | None = None,
        blocksize: int = 256 * 1024,
        mode: int | None = None,
        keepstamp: bool = False,
        url: Any = None,
        urlText: Any = None,
        **buildstep_kwargs: Any,
    ) -> None:
        super().__init__(workdir=workdir, **buildstep_kwargs)
        self._require(workersrc=workersrc, masterdest=masterdest)
        self.workersrc, self.masterdest = workersrc, masterdest
        self.maxsize, self.blocksize, self.mode = maxsize, blocksize, mode
        self.keepstamp, self.url, self.urlText = keepstamp, url, urlText
        self._check_mode()

    async def run(self) -> int:
        """Copies it."""
        self._require_command("uploadFile")
        target = _place(self.masterdest)
        self._says("uploading", self.workersrc)
        if self.url is not None:
            await self.addURL(self.urlText or PurePath(target).name, self.url)
        return await self._upload_file(self.workersrc, target, self.keepstamp)


class DirectoryUpload(_Transfer):
    """Copies a directory of the worker, with all that is in it, to the master.

    Args:
        workersrc: the directory, below the step's directory on the worker.
        masterdest: the directory that it becomes.
        workdir: directory on the worker.
        maxsize: more bytes than that are a failure.
        blocksize: bytes sent at once.
        compress: None, "gz" or "bz2": for the way.
        url: shown with the step.
        urlText: its text; by default the directory's name.
    """

    name = "upload"
    renderables: ClassVar[list[str]] = ["workersrc", "masterdest", "url", "urlText"]
    mode = None

    def __init__(
        self,
        workersrc: Any = None,
        masterdest: Any = None,
        workdir: Any = None,
        maxsize: int | None = None,
        blocksize: int = 16 * 1024,
        compress: str | None = None,
        url: Any = None,
        urlText: Any = None,
        **buildstep_kwargs: Any,
    ) -> None:
        super().__init__(workdir=workdir, **buildstep_kwargs)
        self._require(workersrc=workersrc, masterdest=masterdest)
        self.workersrc, self.masterdest = workersrc, masterdest
        self.maxsize, self.blocksize = maxsize, blocksize
        self.compress, self.url, self.urlText = compress, url, urlText
        _check_compress(self, compress)

    async def run(self) -> int:
        """Copies it."""
        self._require_command("uploadDirectory")
        target = _place(self.masterdest)
        self._says("uploading", self.workersrc)
        if self.url is not None:
            await self.addURL(self.urlText or PurePath(target).name, self.url)
        return await self._upload_directory(self.workersrc, target, self.compress)


def _check_compress(step: _Transfer, compress: Any) -> None:
    if compress not in (None, "gz", "bz2"):
        what = f'"compress" must be None, "gz" or "bz2", not {compress!r}'
        report(what, f"step ({type(step).__name__})")


class MultipleFileUpload(_Transfer, CompositeStepMixin):
    """Copies several files and directories of the worker into a directory of the master.

    Subclasses may override ``uploadDone(result, source, masterdest)`` and
    ``allUploadsDone(result, sources, masterdest)``.

    Args:
        workersrcs: files and directories, below the step's directory on the worker.
        masterdest: the directory that they go into.
        workdir: directory on the worker.
        maxsize: more bytes of one than that are a failure.
        blocksize: bytes sent at once.
        glob: the sources are patterns.
        mode: permission bits of the files made.
        compress: None, "gz" or "bz2": for directories on their way.
        keepstamp: keep the files' times.
        url: shown with the step.
        urlText: its text; by default the directory's name.
    """

    name = "upload"
    logEnviron = False
    renderables: ClassVar[list[str]] = ["workersrcs", "masterdest", "url", "urlText"]

    def __init__(
        self,
        workersrcs: Any = None,
        masterdest: Any = None,
        workdir: Any = None,
        maxsize: int | None = None,
        blocksize: int = 16 * 1024,
        glob: bool = False,
        mode: int | None = None,
        compress: str | None = None,
        keepstamp: bool = False,
        url: Any = None,
        urlText: Any = None,
        **buildstep_kwargs: Any,
    ) -> None:
        super().__init__(workdir=workdir, **buildstep_kwargs)
        self._require(workersrcs=workersrcs, masterdest=masterdest)
        self.workersrcs = [workersrcs] if isinstance(workersrcs, str) else workersrcs
        self.masterdest, self.maxsize, self.blocksize = masterdest, maxsize, blocksize
        self.glob, self.mode, self.compress = glob, mode, compress
        self.keepstamp, self.url, self.urlText = keepstamp, url, urlText
        self._check_mode()
        _check_compress(self, compress)

    def uploadFile(self, source: Any, masterdest: str) -> Any:
        """Copies one file; gives the result."""
        target = str(PurePath(masterdest, PurePath(source).name))
        return self._upload_file(source, target, self.keepstamp)

    def uploadDirectory(self, source: Any, masterdest: str) -> Any:
        """Copies one directory; gives the result."""
        target = str(PurePath(masterdest, PurePath(source).name))
        return self._upload_directory(source, target, self.compress)

    async def startUpload(self, source: Any, destdir: str) -> int:
        """Copies one source, whatever it is; gives the result."""
        path = self.build.path_module.join(self.workdir, source)
        command = RemoteCommand("stat", {"file": path})
        command.useLog(await self._in_build.logs.open("stdio"), False, "stdio")
        await self.runCommand(command)
        if command.didFail():
            await self._not_available(path)
            return FAILURE
        mode = command.updates["stat"][-1][stat.ST_MODE]
        if stat.S_ISREG(mode):
            result = await self.uploadFile(source, destdir)
        elif stat.S_ISDIR(mode):
            result = await self.uploadDirectory(source, destdir)
        else:
            text = f"{path} is neither a regular file, nor a directory"
            await self.addCompleteLog("stderr", text)
            return FAILURE
        await awaited(
            self.uploadDone(result, source, str(PurePath(destdir, PurePath(source).name)))
        )
        return int(result)

    async def _not_available(self, path: str) -> None:
        await self.addCompleteLog("stderr", f"File {path} not available at worker")

    def uploadDone(self, result: int, source: Any, masterdest: str) -> Any:
        """Called after each one; may be async."""

    def allUploadsDone(self, result: int, sources: list[Any], masterdest: str) -> Any:
        """Called after all; may be async."""

    async def run(self) -> int:
        """Copies all, until one fails."""
        for command in ("uploadDirectory", "uploadFile", "stat"):
            self._require_command(command)
        await self._in_build.logs.open("stdio")
        target = _place(self.masterdest)
        sources = [self.workersrcs] if isinstance(self.workersrcs, str) else list(self.workersrcs)
        if not sources:
            return SKIPPED
        if self.glob:
            sources = await self._matching(sources)
        if self.description is None:
            self.description = ["uploading", _files(len(sources))]
        if self.url is not None:
            await self.addURL(self.urlText or PurePath(target).name, self.url)
        if not sources:
            return SKIPPED
        result = await self._upload_all(sources, target)
        await awaited(self.allUploadsDone(result, sources, target))
        return result

    async def _matching(self, patterns: list[Any]) -> list[str]:
        found: list[str] = []
        for pattern in patterns:
            path = self.build.path_module.join(self.workdir, pattern)
            found += await self.runGlob(path, abandonOnFailure=False)
        return found

    async def _upload_all(self, sources: list[Any], target: str) -> int:
        result = SUCCESS
        for source in sources:
            result = worst_status(result, await self.startUpload(source, target)) or SUCCESS
            if result == FAILURE:
                break
        return result


def _files(count: int) -> str:
    return f"{count} file" if count == 1 else f"{count} files"


class FileDownload(_Transfer):
    """Copies a file of the master to the worker.

    Args:
        mastersrc: the file; relative paths are below the master's directory.
        workerdest: where it goes, below the step's directory on the worker.
        workdir: directory on the worker.
        maxsize: more bytes than that are a failure.
        blocksize: bytes sent at once.
        mode: permission bits of the file made, like 0o644.
    """

    name = "download"
    renderables: ClassVar[list[str]] = ["mastersrc", "workerdest"]

    def __init__(
        self,
        mastersrc: Any,
        workerdest: Any = None,
        workdir: Any = None,
        maxsize: int | None = None,
        blocksize: int = 16 * 1024,
        mode: int | None = None,
        **buildstep_kwargs: Any,
    ) -> None:
        super().__init__(workdir=workdir, **buildstep_kwargs)
        self.mastersrc = mastersrc
        self._goes_to(workerdest, maxsize, blocksize, mode)

    async def run(self) -> int:
        """Copies it."""
        self._require_command("downloadFile")
        await self._in_build.logs.open("stdio")
        source = _place(self.mastersrc)
        self._says("downloading to", self.workerdest)
        if not await asyncio.to_thread(_is_readable_file, source):
            await self.addCompleteLog("stderr", f"File {source!r} not available at master")
            return FAILURE
        return await self._download(FileReader(source), self.workerdest)


def _is_readable_file(path: str) -> bool:
    return not Path(path).is_dir() and os.access(path, os.R_OK)


class StringDownload(_Transfer):
    """Writes a text into a file of the worker.

    Args:
        s: the text, or bytes.
        workerdest: the file, below the step's directory on the worker.
        workdir: directory on the worker.
        maxsize: more bytes than that are a failure.
        blocksize: bytes sent at once.
        mode: permission bits of the file made, like 0o644.
    """

    name = "string_download"
    renderables: ClassVar[list[str]] = ["workerdest", "s"]

    def __init__(
        self,
        s: Any,
        workerdest: Any = None,
        workdir: Any = None,
        maxsize: int | None = None,
        blocksize: int = 16 * 1024,
        mode: int | None = None,
        **buildstep_kwargs: Any,
    ) -> None:
        super().__init__(workdir=workdir, **buildstep_kwargs)
        self.s = s
        self._goes_to(workerdest, maxsize, blocksize, mode)

    async def run(self) -> int:
        """Writes it."""
        self._require_command("downloadFile")
        self._says("downloading to", self.workerdest)
        return await self._download(StringFileReader(self.s or ""), self.workerdest)


class JSONStringDownload(StringDownload):
    """Writes plain data as JSON into a file of the worker.

    Args:
        o: the data; may hold renderables.
        workerdest: the file, below the step's directory on the worker.
    """

    name = "json_download"

    def __init__(self, o: Any, workerdest: Any = None, **buildstep_kwargs: Any) -> None:
        if "s" in buildstep_kwargs:
            report('argument "s" is not allowed: give "o"', f"step ({type(self).__name__})")
            buildstep_kwargs.pop("s")
        super().__init__(s=o, workerdest=workerdest, **buildstep_kwargs)

    async def run(self) -> int:
        """Writes it."""
        self.s = json.dumps(self.s)
        return await super().run()


class JSONPropertiesDownload(StringDownload):
    """Writes the build's properties and source stamps as JSON into a file of the worker.

    Args:
        workerdest: the file, below the step's directory on the worker.
    """

    name = "json_properties_download"

    def __init__(self, workerdest: Any = None, **buildstep_kwargs: Any) -> None:
        if "s" in buildstep_kwargs:
            report('argument "s" is not allowed', f"step ({type(self).__name__})")
            buildstep_kwargs.pop("s")
        super().__init__(s=None, workerdest=workerdest, **buildstep_kwargs)

    async def run(self) -> int:
        """Writes them."""
        properties = {name: value for name, value, _ in self.getProperties().asList()}
        stamps = [stamp.asDict() for stamp in self.build.getAllSourceStamps()]
        self.s = json.dumps({"properties": properties, "sourcestamps": stamps}, default=_text)
        return await super().run()


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
