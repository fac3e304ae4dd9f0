# SPDX-License-Identifier: MIT
"""The commands that are running, whichever protocol brought them."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import time
from typing import Any, Dict, Hashable, Iterable, List

from kilnbot_worker.channel import Channel, Output
from kilnbot_worker.commands import find
from kilnbot_worker.commands.base import Command, Context
from kilnbot_worker.lines import OutputSettings
from kilnbot_worker.settings import Settings

log = logging.getLogger(__name__)

STOP_LIMIT_S = 20.0  # for all commands to end when the worker ends


class Running:
    """A command that was begun."""

    def __init__(self, command_id: str, command: Command, output: Output) -> None:
        self.command_id = command_id
        self.command = command
        self._output = output
        self.task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        begun = time.monotonic()
        failure = None
        try:
            await self.command.run()
            if not self.command.interrupted:
                self._output.value("elapsed", time.monotonic() - begun)
        except asyncio.CancelledError:
            failure = "the worker ended"
        except Exception as error:
            log.exception("command %s failed", self.command_id)
            failure = str(error) or type(error).__name__
        self._output.finish()
        self._output.channel.complete(failure)
        log.info("command %s %s", self.command_id, "failed" if failure else "finished")

    def interrupt(self) -> None:
        if not self.command.interrupted:
            self.command.interrupt()


class Bot:
    """Begins and ends commands. One at a time runs for each key: a builder, or a set-up command."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._running: Dict[Hashable, Running] = {}
        self._tasks: List[asyncio.Task[None]] = []

    def start(
        self,
        key: Hashable,
        command_id: str,
        name: str,
        args: Dict[str, Any],
        channel: Channel,
        output_settings: OutputSettings,
    ) -> None:
        """Begins a command. Raises CommandError when its name or arguments are wrong."""
        kind = find(name)
        output = Output(channel, output_settings)
        context = Context(self.settings.basedir, channel, output, self.settings.unicode_encoding)
        command = kind(args, context)
        before = self._running.get(key)
        if before is not None:
            log.warning("command %s was still running: stopping it", before.command_id)
            before.interrupt()
        log.info("command %s for %s: %s", command_id, key, name)
        running = Running(command_id, command, output)
        self._running[key] = running
        self._tasks.append(running.task)
        running.task.add_done_callback(lambda task: self._forget(key, running))

    def _forget(self, key: Hashable, running: Running) -> None:
        self._tasks.remove(running.task)
        if self._running.get(key) is running:
            del self._running[key]

    def interrupt(self, key: Hashable, command_id: str, why: str) -> None:
        """Interrupts this command; one that has ended already is no error."""
        running = self._running.get(key)
        if running is None or running.command_id != command_id:
            log.info("asked to interrupt command %s, which is not running", command_id)
            return
        log.info("command %s interrupted: %s", command_id, why)
        running.interrupt()

    def interrupt_all(self) -> None:
        for running in list(self._running.values()):
            running.interrupt()

    def interrupt_except(self, keys: Iterable[Hashable]) -> None:
        kept = set(keys)
        for key, running in list(self._running.items()):
            if key not in kept:
                running.interrupt()

    @property
    def busy(self) -> bool:
        return bool(self._tasks)

    async def stop(self) -> None:
        """Interrupts everything and waits until it has ended."""
        self.interrupt_all()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=STOP_LIMIT_S)
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=1)


def prepare_directories(settings: Settings, builddirs: List[str]) -> None:
    """Makes the builders' directories, and looks after those of builders that are gone."""
    base = settings.basedir
    for builddir in builddirs:
        os.makedirs(os.path.join(base, builddir), exist_ok=True)
    wanted = {os.path.normpath(builddir).split(os.sep)[0] for builddir in builddirs} | {"info"}
    for name in sorted(os.listdir(base)):
        path = os.path.join(base, name)
        if name in wanted or not os.path.isdir(path) or os.path.islink(path):
            continue
        if settings.delete_leftover_dirs:
            log.info("deleting directory %r, which no builder uses any more", name)
            _delete(path)
        else:
            log.info("directory %r is used by no builder any more: it can be deleted", name)


def _delete(path: str) -> None:
    try:
        shutil.rmtree(path)
    except OSError as error:
        log.warning("cannot delete %s: %s", path, error)
