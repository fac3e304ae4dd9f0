# SPDX-License-Identifier: MIT
"""A chat bot for Telegram."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.reporters.irc import check_authz
from buildbot_cfg.util.service import BuildbotService


class TelegramBot(BuildbotService):
    """A bot in Telegram chats.

    Args:
        bot_token: of the bot; may be a secret.
        chat_ids: chats that it tells of events.
        authz: who may do what: True, False or a list of users' ids by command.
        bot_username: name of the bot.
        tags: only builders with these tags.
        notify_events: names of events that it tells.
        showBlameList: tell who changed something.
        useRevisions: tell revisions instead of numbers.
        useWebhook: let Telegram call instead of asking.
        certificate: a file with the certificate that Telegram shall trust.
        pollTimeout: seconds that one question takes at most.
        retryDelay: seconds until it tries again.
    """

    name = "TelegramBot"

    def checkConfig(
        self,
        bot_token: Any,
        chat_ids: list[Any] | None = None,
        authz: dict[str, Any] | None = None,
        bot_username: str | None = None,
        tags: list[str] | None = None,
        notify_events: Any = None,
        showBlameList: bool = True,
        useRevisions: bool = False,
        useWebhook: bool = False,
        certificate: Any = None,
        pollTimeout: float = 120,
        retryDelay: float = 30,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        check_authz(self.label, authz, "users' ids")
