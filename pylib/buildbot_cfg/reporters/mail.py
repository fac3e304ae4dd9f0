# SPDX-License-Identifier: MIT
"""Reports as mails."""

from __future__ import annotations

import re
from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report
from buildbot_cfg.reporters.base import EndReporter
from buildbot_cfg.reporters.generators.worker import WorkerMissingGenerator

#: A text with a mail address in it.
VALID_EMAIL = re.compile(r"\S+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+\.?")


class Domain:
    """Mail addresses of people: their names at a domain.

    Args:
        domain: such as "example.org".
    """

    def __init__(self, domain: str) -> None:
        if "@" in domain:
            report(f"a domain has no @: {shown(domain)}", "MailNotifier")
        self.domain = domain

    def getAddress(self, name: str) -> str:
        """The address of a person."""
        return name if "@" in name else f"{name}@{self.domain}"


class MailNotifier(EndReporter):
    """Sends mails.

    Args:
        fromaddr: the sender.
        relayhost: host of the mail server.
        lookup: a domain, or an object with getAddress(name).
        extraRecipients: addresses that get every mail.
        sendToInterestedUsers: whether the authors of the changes get mails too.
        extraHeaders: further headers; may be renderables.
        useTls: encrypt with STARTTLS.
        useSmtps: encrypt from the beginning.
        smtpUser: who to be; may be a secret.
        smtpPassword: may be a secret.
        smtpPort: of the mail server.
        dumpMailsToLog: log each mail.
        generators: what to report; the end of all builds, and missing workers, by default.
    """

    possible_modes = (
        "change", "failing", "passing", "problem", "warnings", "exception", "cancelled",
    )  # fmt: skip
    secrets = ("smtpUser", "smtpPassword")

    def checkConfig(
        self,
        fromaddr: str,
        relayhost: str = "localhost",
        lookup: Any = None,
        extraRecipients: list[str] | tuple[str, ...] | None = None,
        sendToInterestedUsers: bool = True,
        extraHeaders: dict[str, Any] | None = None,
        useTls: bool = False,
        useSmtps: bool = False,
        smtpUser: Any = None,
        smtpPassword: Any = None,
        smtpPort: int = 25,
        dumpMailsToLog: bool = False,
        generators: list[Any] | None = None,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(generators)
        self._check_recipients(extraRecipients)
        if extraHeaders is not None and not isinstance(extraHeaders, dict):
            report(f'"extraHeaders" must be a dict, not {shown(extraHeaders)}', self.label)
        if lookup is not None and not isinstance(lookup, str) and not hasattr(lookup, "getAddress"):
            what = f'"lookup" must be a domain or have a method getAddress, not {shown(lookup)}'
            report(what, self.label)

    def _create_default_generators(self) -> list[Any]:
        return [*super()._create_default_generators(), WorkerMissingGenerator(workers="all")]

    def _check_recipients(self, recipients: Any) -> None:
        if recipients is None:
            return
        if not isinstance(recipients, (list, tuple)):
            report(
                f'"extraRecipients" must be a list or tuple, not {shown(recipients)}', self.label
            )
            return
        for address in recipients:
            if not isinstance(address, str) or not VALID_EMAIL.search(address):
                what = f'"extraRecipients": {shown(address)} is not a valid mail address'
                report(what, self.label)
