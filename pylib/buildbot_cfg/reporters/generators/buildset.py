# SPDX-License-Identifier: MIT
"""Generators of reports about buildsets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from buildbot_cfg.reporters.generators.utils import BuildStatusGeneratorMixin, ReportGenerator
from buildbot_cfg.reporters.message import MessageFormatter

_SUBJECT = "Buildbot %(result)s in %(title)s on %(builder)s"


class BuildSetStatusGenerator(BuildStatusGeneratorMixin):
    """One report about all builds of a buildset, when it is complete.

    Args:
        message_formatter: makes the text; ``reporters.MessageFormatter()`` by default.
    """

    wanted_event_keys: ClassVar[list[tuple[Any, ...]]] = [("buildsets", None, "complete")]
    compare_attrs: ClassVar[Any] = ("formatter",)

    def __init__(
        self,
        mode: str | Iterable[str] = ("failing", "passing", "warnings"),
        tags: list[str] | None = None,
        builders: list[str] | None = None,
        schedulers: list[str] | None = None,
        branches: list[str] | None = None,
        subject: str | None = None,
        add_logs: Any = None,
        add_patch: bool = False,
        message_formatter: Any = None,
    ) -> None:
        subject = _SUBJECT if subject is None else subject
        super().__init__(mode, tags, builders, schedulers, branches, subject, add_logs, add_patch)
        self.formatter = MessageFormatter() if message_formatter is None else message_formatter


class BuildSetCombinedStatusGenerator(ReportGenerator):
    """One report about a whole buildset, for reporters that want just one.

    Args:
        message_formatter: makes the text.
    """

    wanted_event_keys: ClassVar[list[tuple[Any, ...]]] = [("buildsets", None, "complete")]
    compare_attrs: ClassVar[Any] = ("formatter",)

    def __init__(self, message_formatter: Any) -> None:
        self.formatter = message_formatter

    def check(self) -> None:
        """Nothing can be wrong."""
