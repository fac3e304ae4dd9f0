# SPDX-License-Identifier: MIT
"""Commands that carry files to the master and from it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tarfile
import tempfile
from typing import IO, Any, Awaitable, Callable, Dict, Optional

from kilnbot_worker.commands.base import Command, CommandError, Context, path_of

TAR_MODES = {"gz": "w:gz", "bz2": "w:bz2"}


class _Transfer(Command):
    def __init__(self, args: Dict[str, Any], context: Context) -> None:
        super().__init__(args, context)
        self.path = path_of(args["path"])
        size, block = args["maxsize"], args["blocksize"]
        if not isinstance(block, int) or block <= 0:
            raise CommandError(f"blocksize must be a positive number, not {block!r}")
        if size is not None and not isinstance(size, int):
            raise CommandError(f"maxsize must be a number or None, not {size!r}")
        self.maxsize: Optional[int] = size
        self.block = min(block, context.channel.block_limit)

    def truncated(self) -> int:
        self.output.text("stderr", f"Maximum filesize reached, truncating file '{self.path}'")
        return 1

    async def send(self, source: IO[bytes], write: Callable[[bytes], Awaitable[None]]) -> int:
        """Sends a file in blocks, up to the limit; the rc."""
        left = self.maxsize
        while not self.interrupted:
            if left is not None and left <= 0:
                return self.truncated()
            data = source.read(self.block if left is None else min(self.block, left))
            if not data:
                break
            await write(data)
            left = None if left is None else left - len(data)
        return 1 if self.interrupted else 0


class UploadFile(_Transfer):
    """Sends a file."""

    required = ("path", "maxsize", "blocksize")

    async def run(self) -> int:
        self.output.text("header", f"sending {self.path}\n")
        times = self.times()
        source = _opened(self.path, "rb")
        if source is None:
            await self.channel.upload_close()
            self.output.text("stderr", f"Cannot open file '{self.path}' for upload")
            rc = 1
        else:
            with source:
                rc = await self.send_and_close(source)
            if times is not None and self.args.get("keepstamp"):
                await self.channel.upload_utime(*times)
        self.output.value("rc", rc)
        return rc

    def times(self) -> Any:
        with contextlib.suppress(OSError):
            found = os.stat(self.path)
            return found.st_atime, found.st_mtime
        return None

    async def send_and_close(self, source: IO[bytes]) -> int:
        try:
            return await self.send(source, self.channel.upload_write)
        finally:
            await self.channel.upload_close()


class UploadDirectory(_Transfer):
    """Sends a directory as one tar file."""

    required = ("path", "maxsize", "blocksize", "compress")

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        with tempfile.TemporaryFile() as archive:
            try:
                await loop.run_in_executor(None, self.pack, archive)
            except OSError as error:
                self.output.text(
                    "stderr", f"Cannot read directory '{self.path}' for upload: {error}"
                )
                rc = 1
            else:
                self.output.text("header", f"sending {self.path}\n")
                archive.seek(0)
                rc = await self.send(archive, self.channel.upload_directory_write)
                await self.channel.upload_unpack()
        self.output.value("rc", rc)
        return rc

    def pack(self, archive: IO[bytes]) -> None:
        os.stat(self.path)  # raises what is wrong with it, before tar begins
        mode: Any = TAR_MODES.get(self.args["compress"], "w")
        with tarfile.open(mode=mode, fileobj=archive) as tar:
            tar.add(self.path, arcname="")


class DownloadFile(_Transfer):
    """Fetches a file, making the directories it is to be in."""

    required = ("path", "maxsize", "blocksize", "mode")

    async def run(self) -> int:
        target = self.make()
        if target is None:
            await self.channel.read_close()
            self.output.text("stderr", f"Cannot open file '{self.path}' for download")
            rc = 1
        else:
            with target:
                rc = await self.receive_and_close(target)
        self.output.value("rc", rc)
        return rc

    def make(self) -> Optional[IO[bytes]]:
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            target = _opened(self.path, "wb")
            if target is not None and self.args["mode"] is not None:
                os.chmod(self.path, self.args["mode"])
            return target
        return None

    async def receive_and_close(self, target: IO[bytes]) -> int:
        try:
            return await self.receive(target)
        except OSError as error:
            self.output.text("stderr", f"cannot write file '{self.path}': {error}")
            return 1
        finally:
            await self.channel.read_close()

    async def receive(self, target: IO[bytes]) -> int:
        left = self.maxsize
        while not self.interrupted:
            if left is not None and left <= 0:
                return self.truncated()
            data = await self.channel.read(self.block if left is None else min(self.block, left))
            if not data:
                break
            target.write(data)
            left = None if left is None else left - len(data)
        return 1 if self.interrupted else 0


def _opened(path: str, mode: str) -> Optional[IO[bytes]]:
    try:
        return open(path, mode)
    except OSError:
        return None
