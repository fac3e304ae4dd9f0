# SPDX-License-Identifier: MIT
"""Schedulers that build at certain times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buildbot_cfg import _watch
from buildbot_cfg._checks import check_callable, check_type
from buildbot_cfg._errors import report
from buildbot_cfg._tasks import awaited, started
from buildbot_cfg.changes.filter import ChangeFilter
from buildbot_cfg.process.properties import Properties
from buildbot_cfg.process.results import SUCCESS
from buildbot_cfg.schedulers import _cron
from buildbot_cfg.schedulers._running_timed import RunningTimed
from buildbot_cfg.schedulers.base import ReconfigurableBaseScheduler, checked_reason
from buildbot_cfg.util import NotABranch


class Timed(RunningTimed, ReconfigurableBaseScheduler):
    """What timed schedulers have in common; see :class:`Nightly`."""

    NoBranch = NotABranch

    def __init__(
        self,
        name: str,
        builderNames: Any,
        *,
        reason: str = "",
        createAbsoluteSourceStamps: bool = False,
        onlyIfChanged: bool = False,
        branch: Any = NotABranch,
        change_filter: ChangeFilter | None = None,
        fileIsImportant: Callable[[Any], Any] | None = None,
        onlyImportant: bool = False,
        properties: dict[str, Any] | None = None,
        codebases: Any = None,
        priority: int | Callable[..., int] | None = None,
    ) -> None:
        super().__init__(name, builderNames, properties, codebases, priority)
        label = self.label
        for key, value in (
            ("createAbsoluteSourceStamps", createAbsoluteSourceStamps),
            ("onlyIfChanged", onlyIfChanged),
            ("onlyImportant", onlyImportant),
        ):
            check_type(label, key, value, bool)
        self.createAbsoluteSourceStamps = createAbsoluteSourceStamps
        self.onlyIfChanged = onlyIfChanged
        self.onlyImportant = onlyImportant
        check_callable(label, "fileIsImportant", fileIsImportant)
        self.fileIsImportant = fileIsImportant
        if change_filter is not None and not isinstance(change_filter, ChangeFilter):
            report(f'"change_filter" must be a ChangeFilter, not {change_filter!r}', label)
            change_filter = None
        self.branch = branch
        self.change_filter = change_filter
        self.reason = checked_reason(self, reason, ("name",))


class Periodic(Timed):
    """Builds again and again, the first time at once.

    Args:
        name: unique among schedulers.
        builderNames: what is built.
        periodicBuildTimer: seconds from one build to the next.
        reason: text with ``%(name)s``.

    Example:
        >>> Periodic(name="hourly", builderNames=["runtests"], periodicBuildTimer=3600).reason
        "The Periodic scheduler named 'hourly' triggered this build"
    """

    def __init__(
        self,
        name: str,
        builderNames: Any,
        *,
        periodicBuildTimer: float,
        reason: str = "The Periodic scheduler named '%(name)s' triggered this build",
        createAbsoluteSourceStamps: bool = False,
        onlyIfChanged: bool = False,
        branch: Any = NotABranch,
        change_filter: ChangeFilter | None = None,
        fileIsImportant: Callable[[Any], Any] | None = None,
        onlyImportant: bool = False,
        properties: dict[str, Any] | None = None,
        codebases: Any = None,
        priority: int | Callable[..., int] | None = None,
    ) -> None:
        super().__init__(
            name,
            builderNames,
            reason=reason,
            createAbsoluteSourceStamps=createAbsoluteSourceStamps,
            onlyIfChanged=onlyIfChanged,
            branch=branch,
            change_filter=change_filter,
            fileIsImportant=fileIsImportant,
            onlyImportant=onlyImportant,
            properties=properties,
            codebases=codebases,
            priority=priority,
        )
        self.periodicBuildTimer = periodicBuildTimer
        if (
            check_type(self.label, "periodicBuildTimer", periodicBuildTimer, int, float)
            and periodicBuildTimer <= 0
        ):
            report(f'"periodicBuildTimer" must be positive, not {periodicBuildTimer}', self.label)

    def getNextBuildTime(self, lastActuated: float | None) -> Any:
        """So much later than the last time; at once the first time."""
        return self.now() if lastActuated is None else lastActuated + self.periodicBuildTimer


class NightlyBase(Timed):
    """What schedulers with a cron table have in common; see :class:`Nightly`."""

    def __init__(
        self,
        name: str,
        builderNames: Any,
        *,
        minute: Any = 0,
        hour: Any = "*",
        dayOfMonth: Any = "*",
        month: Any = "*",
        dayOfWeek: Any = "*",
        force_at_minute: Any = None,
        force_at_hour: Any = None,
        force_at_day_of_month: Any = None,
        force_at_month: Any = None,
        force_at_day_of_week: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, builderNames, **kwargs)
        self.minute, self.hour, self.dayOfMonth = minute, hour, dayOfMonth
        self.month, self.dayOfWeek = month, dayOfWeek
        self.times = self._checked_times((minute, hour, dayOfMonth, month, dayOfWeek), _PLAIN_NAMES)
        forced = (
            force_at_minute,
            force_at_hour,
            force_at_day_of_month,
            force_at_month,
            force_at_day_of_week,
        )
        self.forced_times = None
        if any(value is not None for value in forced):
            defaults = (0, "*", "*", "*", "*")
            given = [d if v is None else v for v, d in zip(forced, defaults, strict=True)]
            self.forced_times = self._checked_times(given, _FORCED_NAMES)

    def _checked_times(self, given: Any, names: tuple[str, ...]) -> _cron.CronTimes | None:
        try:
            times = _cron.parse(dict(zip(_PLAIN_NAMES, given, strict=True)))
        except _cron.CronError as error:
            name = names[_PLAIN_NAMES.index(error.field)]
            value = given[_PLAIN_NAMES.index(error.field)]
            report(f'"{name}" has no meaning as cron field, {value!r}: {error}', self.label)
            return None
        if not times.can_be():
            report(f'"{names[2]}" and "{names[3]}" name a day that no year has', self.label)
            return None
        return times

    def getNextBuildTime(self, lastActuated: float | None) -> Any:
        """The next time of the table."""
        after = self.now() if lastActuated is None else lastActuated
        return self.times.next_after(after) if self.times is not None else None

    def maybe_force_build_on_unimportant_changes(self, current_actuation_time: float) -> Any:
        """Whether the force_at_* table has this minute."""
        minute = int(current_actuation_time) // 60 * 60
        times = self.forced_times
        return times is not None and times.next_after(minute - 1) == minute


_PLAIN_NAMES = ("minute", "hour", "dayOfMonth", "month", "dayOfWeek")
_FORCED_NAMES = (
    "force_at_minute",
    "force_at_hour",
    "force_at_day_of_month",
    "force_at_month",
    "force_at_day_of_week",
)


class Nightly(NightlyBase):
    """Builds at times of the master's clock, as cron does.

    Args:
        name: unique among schedulers.
        builderNames: what is built.
        minute: an integer, a list of them, or text as in a crontab (``"*/5"``, ``"0-30"``).
        hour: likewise.
        dayOfMonth: likewise; when dayOfWeek is given too, one of both has to fit.
        month: likewise, also ``"jan"`` ...
        dayOfWeek: likewise, also ``"mon-fri"``; single numbers count from Monday, 0.
        onlyIfChanged: only when an important change came since the last time.
        branch: changes of this branch count.
        reason: text with ``%(name)s``.

    Example:
        >>> Nightly(name="night", builderNames=["runtests"], hour=3, minute=30).times.minutes
        [30]
    """

    def __init__(
        self,
        name: str,
        builderNames: Any,
        *,
        minute: Any = 0,
        hour: Any = "*",
        dayOfMonth: Any = "*",
        month: Any = "*",
        dayOfWeek: Any = "*",
        reason: str = "The Nightly scheduler named '%(name)s' triggered this build",
        createAbsoluteSourceStamps: bool = False,
        onlyIfChanged: bool = False,
        branch: Any = NotABranch,
        change_filter: ChangeFilter | None = None,
        fileIsImportant: Callable[[Any], Any] | None = None,
        onlyImportant: bool = False,
        force_at_minute: Any = None,
        force_at_hour: Any = None,
        force_at_day_of_month: Any = None,
        force_at_month: Any = None,
        force_at_day_of_week: Any = None,
        properties: dict[str, Any] | None = None,
        codebases: Any = None,
        priority: int | Callable[..., int] | None = None,
    ) -> None:
        super().__init__(
            name,
            builderNames,
            minute=minute,
            hour=hour,
            dayOfMonth=dayOfMonth,
            month=month,
            dayOfWeek=dayOfWeek,
            force_at_minute=force_at_minute,
            force_at_hour=force_at_hour,
            force_at_day_of_month=force_at_day_of_month,
            force_at_month=force_at_month,
            force_at_day_of_week=force_at_day_of_week,
            reason=reason,
            createAbsoluteSourceStamps=createAbsoluteSourceStamps,
            onlyIfChanged=onlyIfChanged,
            branch=branch,
            change_filter=change_filter,
            fileIsImportant=fileIsImportant,
            onlyImportant=onlyImportant,
            properties=properties,
            codebases=codebases,
            priority=priority,
        )


class NightlyTriggerable(NightlyBase):
    """Builds at such times what a :class:`Trigger` step asked for since the last time.

    Args:
        name: unique among schedulers.
        builderNames: what is built.
        minute: the times are given as for :class:`Nightly`.
        reason: text with ``%(name)s``.
        onlyIfChanged: without effect, as branch, change_filter, fileIsImportant, onlyImportant.
    """

    def __init__(
        self,
        name: str,
        builderNames: Any,
        *,
        minute: Any = 0,
        hour: Any = "*",
        dayOfMonth: Any = "*",
        month: Any = "*",
        dayOfWeek: Any = "*",
        reason: str = "The NightlyTriggerable scheduler named '%(name)s' triggered this build",
        onlyIfChanged: bool = False,
        branch: Any = NotABranch,
        change_filter: ChangeFilter | None = None,
        fileIsImportant: Callable[[Any], Any] | None = None,
        onlyImportant: bool = False,
        properties: dict[str, Any] | None = None,
        codebases: Any = None,
        priority: int | Callable[..., int] | None = None,
    ) -> None:
        super().__init__(
            name,
            builderNames,
            minute=minute,
            hour=hour,
            dayOfMonth=dayOfMonth,
            month=month,
            dayOfWeek=dayOfWeek,
            reason=reason,
            onlyIfChanged=onlyIfChanged,
            fileIsImportant=fileIsImportant,
            onlyImportant=onlyImportant,
            properties=properties,
            codebases=codebases,
            priority=priority,
        )
        # As in Buildbot, these may be given; what counts is only what was asked for.
        self.onlyIfChanged = self.onlyImportant = False
        self.fileIsImportant = None

    def trigger(
        self,
        waited_for: bool,
        sourcestamps: Any = None,
        set_props: Any = None,
        parent_buildid: int | None = None,
        parent_relationship: str | None = None,
    ) -> tuple[Any, Any]:
        """Remembers what is asked for until it is time; the latest order counts."""
        asked = {
            "sourcestamps": list(sourcestamps or ()),
            "set_props": set_props.asDict() if set_props is not None else {},
            "parent_buildid": parent_buildid,
            "parent_relationship": parent_relationship,
        }
        return self._remember(asked), self._no_results()

    @started
    async def _remember(self, asked: dict[str, Any]) -> tuple[int | None, dict[int, int]]:
        await awaited(self.setState("asked_for", asked))
        return None, {}

    @started
    async def _no_results(self) -> tuple[int, dict[int, int]]:
        return SUCCESS, {}

    @started
    async def startBuild(self) -> None:
        """It is time: builds what was asked for since the last time."""
        asked = await awaited(self.getState("asked_for", None))
        if not asked:
            return
        await awaited(self.setState("asked_for", None))
        props = {name: tuple(value) for name, value in asked.pop("set_props").items()}
        await _watch.follow(
            self.addBuildsetForSourceStampsWithDefaults,
            reason=self.reason,
            properties=Properties.fromDict(props),
            **asked,
        )
