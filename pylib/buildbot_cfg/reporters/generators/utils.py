# SPDX-License-Identifier: MIT
"""What generators have in common: which builds they are about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from buildbot_cfg._checks import shown
from buildbot_cfg._declared import Declared
from buildbot_cfg._errors import report, warn
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg.process.results import (
    CANCELLED,
    EXCEPTION,
    FAILURE,
    SUCCESS,
    WARNINGS,
)
from buildbot_cfg.util import ComparableMixin

ALL_MODES = ("failing", "passing", "warnings", "exception", "cancelled")
POSSIBLE_MODES = ("change", "failing", "passing", "problem", "warnings", "exception", "cancelled")
#: Results that a mode is about, whatever came before.
_RESULTS = {
    "failing": FAILURE,
    "passing": SUCCESS,
    "warnings": WARNINGS,
    "exception": EXCEPTION,
    "cancelled": CANCELLED,
}


class ReportGenerator(ComparableMixin, metaclass=Declared):
    """Makes reports of events; users derive their own and override ``generate``."""

    #: Which events it wants: (kind, None, what happened).
    wanted_event_keys: ClassVar[list[tuple[Any, ...]]] = []

    async def generate(self, master: Any, reporter: Any, key: Any, message: Any) -> Any:
        """The report of an event, or None."""
        raise NotImplementedError("reports are not made in this version")


class BuildStatusGeneratorMixin(ReportGenerator):
    """Chooses builds by results, tags, builders, schedulers and branches.

    Args:
        mode: "all", or one or several of "change", "failing", "passing", "problem", "warnings",
            "exception", "cancelled".
        tags: builders with one of these tags.
        builders: builders with these names.
        schedulers: builds that these schedulers asked for.
        branches: builds of these branches.
        subject: template of the subject.
        add_logs: say ``want_logs_content`` of the message formatter instead.
        add_patch: add the patch, if the build has one.
    """

    compare_attrs: ClassVar[Any] = (
        "mode", "tags", "builders", "schedulers", "branches", "subject", "add_logs", "add_patch",
    )  # fmt: skip

    def __init__(
        self,
        mode: str | Iterable[str],
        tags: list[str] | None,
        builders: list[str] | None,
        schedulers: list[str] | None,
        branches: list[str] | None,
        subject: str | None,
        add_logs: Any,
        add_patch: bool,
    ) -> None:
        self.mode = self._modes(mode)
        self.tags, self.builders = tags, builders
        self.schedulers, self.branches = schedulers, branches
        self.subject, self.add_logs, self.add_patch = subject, add_logs, add_patch
        if add_logs is not None:
            what = '"add_logs" is deprecated: say want_logs_content of the message formatter'
            warn(what, type(self).__name__)

    def _modes(self, mode: Any) -> tuple[Any, ...]:
        if isinstance(mode, str):
            return ALL_MODES if mode == "all" else (mode,)
        try:
            return tuple(mode)
        except TypeError:
            report(f'"mode" must be a string or a list, not {shown(mode)}', type(self).__name__)
            return ()

    def check(self) -> None:
        """Reports what is wrong with the arguments."""
        label = type(self).__name__
        for mode in self.mode:
            if mode == "all":
                report('mode "all" stands alone: "mode" must be the string, not a list', label)
            elif mode not in POSSIBLE_MODES:
                hint = did_you_mean(str(mode), POSSIBLE_MODES)
                report(f"mode {shown(mode)} is not a valid mode{hint}", label)
        for key in ("tags", "builders", "schedulers", "branches"):
            value = getattr(self, key)
            if value is not None and not isinstance(value, list):
                report(f'"{key}" must be a list or None, not {shown(value)}', label)
        if self.builders is not None and self.tags is not None:
            report('"builders" and "tags" exclude each other', label)

    def generate_name(self) -> str:
        """A name that tells what it is about."""
        name = type(self).__name__
        for key in ("tags", "builders", "schedulers", "branches"):
            value = getattr(self, key)
            if value is not None:
                name += f"_{key}_" + "+".join(str(item) for item in value)
        return name + "_".join(str(mode) for mode in self.mode)

    def is_message_needed_by_props(self, build: dict[str, Any]) -> bool:
        """Whether builder, tags, scheduler and branch of the build are among the wanted."""
        builder, properties = build["builder"], build["properties"]
        if self.builders is not None and builder["name"] not in self.builders:
            return False
        if self.schedulers is not None:
            scheduler = properties.get("scheduler", [None])[0]
            if scheduler not in self.schedulers:
                return False
        if self.branches is not None:
            branch = properties.get("branch", [None])[0]
            if branch not in self.branches:
                return False
        return self.tags is None or bool(set(builder["tags"]) & set(self.tags))

    def is_message_needed_by_results(self, build: dict[str, Any]) -> bool:
        """Whether the build's result is among the wanted."""
        results = build["results"]
        if any(results == _RESULTS.get(mode) for mode in self.mode):
            return True
        previous = build.get("prev_build")
        if previous is None:
            return False
        before = previous["results"]
        if "problem" in self.mode and results == FAILURE and before != FAILURE:
            return True
        return "change" in self.mode and before != results
