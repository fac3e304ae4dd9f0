# SPDX-License-Identifier: MIT
"""A session: one connection to the master, from login to its end, in either protocol."""

from __future__ import annotations

import abc
from typing import Callable, Optional

from kilnbot_worker.bot import Bot
from kilnbot_worker.settings import Settings
from kilnbot_worker.transport import Owner


class LoginRefused(Exception):
    """The master did not take this name and password."""


class Refused(Exception):
    """The master refused the worker for another reason."""


class Events(abc.ABC):
    """What a session tells its owner."""

    @abc.abstractmethod
    def attached(self) -> None:
        """The master uses the worker from now on."""

    @abc.abstractmethod
    def shutdown(self) -> None:
        """The master wants the worker to end."""


class Session(Owner):
    """Drives one connection."""

    def __init__(self, settings: Settings, bot: Bot, events: Events) -> None:
        self.settings = settings
        self.bot = bot
        self.events = events

    @abc.abstractmethod
    async def log_in(self) -> None:
        """Raises LoginRefused, Refused, or ConnectionError when the connection ends before."""

    @abc.abstractmethod
    async def keep_alive(self) -> None:
        """One sign of life, answered; raises or hangs when the master is gone."""

    @abc.abstractmethod
    async def ask_for_shutdown(self) -> Optional[str]:
        """Asks the master for a graceful shutdown; the reason when that is not possible."""


MakeSession = Callable[[Settings, Bot, Events], Session]
