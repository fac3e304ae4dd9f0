# SPDX-License-Identifier: MIT
"""Generators of reports about single builds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from buildbot_cfg.reporters.generators.utils import ALL_MODES, BuildStatusGeneratorMixin
from buildbot_cfg.reporters.message import MessageFormatter, MessageFormatterRenderable

_SUBJECT = "Buildbot %(result)s in %(title)s on %(builder)s"


class BuildStatusGenerator(BuildStatusGeneratorMixin):
    """A report at the end of each build that it is about.

    Args:
        report_new: also when a build begins.
        message_formatter: makes the text; ``reporters.MessageFormatter()`` by default.
    """

    wanted_event_keys: ClassVar[list[tuple[Any, ...]]] = [("builds", None, "finished")]
    compare_attrs: ClassVar[Any] = ("formatter",)

    def __init__(
        self,
        mode: str | Iterable[str] = ("failing", "passing", "warnings"),
        tags: list[str] | None = None,
        builders: list[str] | None = None,
        schedulers: list[str] | None = None,
        branches: list[str] | None = None,
        add_logs: Any = None,
        add_patch: bool = False,
        report_new: bool = False,
        message_formatter: Any = None,
    ) -> None:
        super().__init__(mode, tags, builders, schedulers, branches, _SUBJECT, add_logs, add_patch)
        self.formatter = MessageFormatter() if message_formatter is None else message_formatter
        if report_new:
            self.wanted_event_keys = [("builds", None, "new"), ("builds", None, "finished")]  # type: ignore[misc]


class BuildStartEndStatusGenerator(BuildStatusGeneratorMixin):
    """A report when a build begins, and one at its end.

    Args:
        start_formatter: makes the first text; "Build started." by default.
        end_formatter: makes the second text; "Build done." by default.
    """

    wanted_event_keys: ClassVar[list[tuple[Any, ...]]] = [
        ("builds", None, "new"),
        ("builds", None, "finished"),
    ]
    compare_attrs: ClassVar[Any] = ("start_formatter", "end_formatter")

    def __init__(
        self,
        tags: list[str] | None = None,
        builders: list[str] | None = None,
        schedulers: list[str] | None = None,
        branches: list[str] | None = None,
        add_logs: Any = None,
        add_patch: bool = False,
        start_formatter: Any = None,
        end_formatter: Any = None,
    ) -> None:
        super().__init__(ALL_MODES, tags, builders, schedulers, branches, None, add_logs, add_patch)
        self.start_formatter = start_formatter
        if start_formatter is None:
            self.start_formatter = MessageFormatterRenderable("Build started.")
        self.end_formatter = end_formatter
        if end_formatter is None:
            self.end_formatter = MessageFormatterRenderable("Build done.")
