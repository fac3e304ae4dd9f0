# SPDX-License-Identifier: MIT
"""A chat bot for IRC."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._declared import Declared
from buildbot_cfg._errors import report
from buildbot_cfg._where import user_frame
from buildbot_cfg.plugins._inactive import warn_if_inactive
from buildbot_cfg.util.service import BuildbotService

_FLAGS = (
    "allowForce", "allowShutdown", "noticeOnChannel", "showBlameList", "useColors", "useRevisions",
)  # fmt: skip


def check_authz(label: str, authz: Any, who: str) -> None:
    """Whether the rules of a chat bot map commands to True, False or lists."""
    if authz is None:
        return
    if not isinstance(authz, dict):
        report(f'"authz" must be a dict, not {shown(authz)}', label)
        return
    for command, allowed in authz.items():
        if not isinstance(allowed, (bool, list, tuple)):
            what = f'"authz": the value of "{command}" must be True, False or a list of {who}'
            report(f"{what}, not {shown(allowed)}", label)


class IRC(BuildbotService):
    """A bot in IRC channels.

    Args:
        host: the server.
        nick: the bot's name.
        channels: a list of names, or of dicts with channel and password.
        pm_to_nicks: who gets private messages.
        port: of the server.
        allowForce: whether builds may be forced; say authz instead.
        tags: only builders with these tags.
        password: of the bot; may be a secret.
        notify_events: names of events that it tells.
        showBlameList: tell who changed something.
        useRevisions: tell revisions instead of numbers.
        useSSL: encrypt.
        useSASL: log in by SASL.
        lostDelay: seconds until it connects again.
        failedDelay: seconds until it tries again.
        useColors: colour results.
        allowShutdown: whether the master may be stopped; say authz instead.
        noticeOnChannel: use notices.
        authz: who may do what: True, False or a list of names by command.
    """

    name = "IRC"
    in_test_harness = False

    def checkConfig(
        self,
        host: str,
        nick: str,
        channels: list[Any],
        pm_to_nicks: list[str] | None = None,
        port: int = 6667,
        allowForce: bool | None = None,
        tags: list[str] | None = None,
        password: Any = None,
        notify_events: Any = None,
        showBlameList: bool = True,
        useRevisions: bool = False,
        useSSL: bool = False,
        useSASL: bool = False,
        lostDelay: float | None = None,
        failedDelay: float | None = None,
        useColors: bool = True,
        allowShutdown: bool | None = None,
        noticeOnChannel: bool = False,
        authz: dict[str, Any] | None = None,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        given = locals()
        for key in _FLAGS:
            if given[key] not in (None, True, False):
                report(f'"{key}" must be True or False, not {shown(given[key])}', self.label)
        for key in ("allowForce", "allowShutdown"):
            if authz is not None and given[key] is not None:
                report(f'"authz" and "{key}" exclude each other', self.label)
        check_authz(self.label, authz, "names")


class IrcStatusFactory(metaclass=Declared):
    """What makes a bot's connections; for subclasses that IRC services of one's own use.

    Args:
        nickname: the bot's name.
        password: of the bot; may be a secret.
        join_channels: a list of names, or of dicts with channel and password.
        pm_to_nicks: who gets private messages.
        authz: who may do what: True, False or a list of names by command.
        tags: only builders with these tags.
        notify_events: names of events that it tells.
        noticeOnChannel: use notices.
        useRevisions: tell revisions instead of numbers.
        showBlameList: tell who changed something.
        useSASL: log in by SASL.
        parent: the service that it belongs to.
        lostDelay: seconds until it connects again.
        failedDelay: seconds until it tries again.
        useColors: colour results.
    """

    lostDelay: float = 4
    failedDelay: float = 55

    def __init__(
        self,
        nickname: str,
        password: Any,
        join_channels: list[Any],
        pm_to_nicks: list[str],
        authz: dict[str, Any] | None,
        tags: list[str] | None,
        notify_events: Any,
        noticeOnChannel: bool = False,
        useRevisions: bool = False,
        showBlameList: bool = False,
        useSASL: bool = False,
        parent: Any = None,
        lostDelay: float | None = None,
        failedDelay: float | None = None,
        useColors: bool = True,
    ) -> None:
        self.nickname, self.password = nickname, password
        self.join_channels, self.pm_to_nicks = join_channels, pm_to_nicks
        self.authz, self.tags, self.notify_events = authz, tags, notify_events
        self.noticeOnChannel, self.useRevisions = noticeOnChannel, useRevisions
        self.showBlameList, self.useColors, self.useSASL = showBlameList, useColors, useSASL
        self.parent = parent
        if lostDelay is not None:
            self.lostDelay = lostDelay
        if failedDelay is not None:
            self.failedDelay = failedDelay
        check_authz(type(self).__name__, authz, "names")
        warn_if_inactive(self, type(self).__name__, user_frame())
