# SPDX-License-Identifier: MIT
"""The command that runs a program."""

from __future__ import annotations

from typing import Any, Dict

from kilnbot_worker.commands.base import Command, Context
from kilnbot_worker.commands.options import from_args
from kilnbot_worker.commands.program import Program, ProgramStuck


class Shell(Command):
    """Runs a program and sends what it writes."""

    required = ("workdir", "command")

    def __init__(self, args: Dict[str, Any], context: Context) -> None:
        super().__init__(args, context)
        self._program = Program(context, from_args(args))

    async def run(self) -> int:
        rc = await self._program.run()
        self.output.value("rc", rc)
        if self._program.stuck is not None:
            raise ProgramStuck(self._program.stuck)
        self.output.text("header", self._program.elapsed_text)
        return rc

    def interrupt(self) -> None:
        super().interrupt()
        self._program.interrupt()
