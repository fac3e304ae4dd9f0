# SPDX-License-Identifier: MIT
"""Generators of reports about build requests."""

from __future__ import annotations

from typing import Any, ClassVar

from buildbot_cfg.reporters.generators.utils import ALL_MODES, BuildStatusGeneratorMixin
from buildbot_cfg.reporters.message import MessageFormatterRenderable


class BuildRequestGenerator(BuildStatusGeneratorMixin):
    """A report when a build is asked for, and one when the request is cancelled.

    Args:
        formatter: makes the text; "Build pending." by default.
    """

    wanted_event_keys: ClassVar[list[tuple[Any, ...]]] = [
        ("buildrequests", None, "new"),
        ("buildrequests", None, "cancel"),
    ]
    compare_attrs: ClassVar[Any] = ("formatter",)

    def __init__(
        self,
        tags: list[str] | None = None,
        builders: list[str] | None = None,
        schedulers: list[str] | None = None,
        branches: list[str] | None = None,
        add_patch: bool = False,
        formatter: Any = None,
    ) -> None:
        super().__init__(ALL_MODES, tags, builders, schedulers, branches, None, None, add_patch)
        self.formatter = formatter
        if formatter is None:
            self.formatter = MessageFormatterRenderable("Build pending.")
