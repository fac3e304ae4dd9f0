# SPDX-License-Identifier: MIT
"""What every command has."""

from __future__ import annotations

import abc
from typing import Any, ClassVar, Dict, NamedTuple, Tuple

from kilnbot_worker.channel import Channel, Output


class CommandError(Exception):
    """A command that cannot be begun: its name or its arguments are wrong."""


class Context(NamedTuple):
    """What a command works with."""

    basedir: str
    channel: Channel
    output: Output
    encoding: str


class Command(abc.ABC):
    """One command. Made from the arguments of the msgpack form, with absolute paths."""

    required: ClassVar[Tuple[str, ...]] = ()

    def __init__(self, args: Dict[str, Any], context: Context) -> None:
        missing = [name for name in self.required if name not in args]
        if missing:
            raise CommandError(f"{type(self).__name__} is missing args: {', '.join(missing)}")
        self.args = args
        self.context = context
        self.output = context.output
        self.channel = context.channel
        self.interrupted = False

    @abc.abstractmethod
    async def run(self) -> int:
        """Does the work, sends its rc and returns it. An exception fails the command."""

    def interrupt(self) -> None:
        """The master wants it to end; called once at most."""
        self.interrupted = True


def path_of(value: Any) -> str:
    """Raises CommandError unless the value is a path."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    if not isinstance(value, str) or "\0" in value:
        raise CommandError(f"{value!r} is not a path")
    return value
