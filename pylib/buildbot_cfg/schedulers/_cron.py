# SPDX-License-Identifier: MIT
"""The five fields of a cron table, in the forms that Nightly takes."""

from __future__ import annotations

import calendar
import time
from dataclasses import dataclass
from typing import Any

from buildbot_cfg._checks import shown

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {
    name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
}


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    first: int
    last: int
    words: dict[str, int]

    def number(self, text: str) -> int:
        if text in self.words:
            return self.words[text]
        if not text.isdecimal():
            raise ValueError(f"{text!r} is neither a number nor a name")
        number = int(text)
        if self.name == "dayOfWeek" and number == 7:
            return 0
        if not self.first <= number <= self.last:
            raise ValueError(f"{number} is not between {self.first} and {self.last}")
        return number


_FIELDS = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("dayOfMonth", 1, 31, {}),
    _Field("month", 1, 12, _MONTHS),
    _Field("dayOfWeek", 0, 6, _DAYS),
)


@dataclass(frozen=True, slots=True)
class CronTimes:
    """Which minutes fit; days of the week count from Sunday."""

    minutes: list[int]
    hours: list[int]
    days: list[int]
    months: list[int]
    weekdays: list[int]
    last_day: bool
    any_day: bool
    any_weekday: bool

    def can_be(self) -> bool:
        """Whether there is such a day in any year."""
        if self.last_day or not self.any_weekday:
            return True
        return any(
            day <= calendar.monthrange(2000, month)[1] for month in self.months for day in self.days
        )

    def next_after(self, after: float) -> int | None:
        """The first minute after this moment that fits, by the local clock; None: never."""
        moment = int(after) // 60 * 60 + 60
        end = moment + _MOST_DAYS * 86400
        while moment < end:
            local = time.localtime(moment)
            if not self._fits_day(local):
                moment = _midnight_after(moment, local)
            elif self._fits_minute(local) and not self._is_repeated(moment, local):
                return moment
            else:
                moment += 60
        return None

    def _fits_day(self, local: time.struct_time) -> bool:
        last = calendar.monthrange(local.tm_year, local.tm_mon)[1]
        day = local.tm_mday in self.days or (self.last_day and local.tm_mday == last)
        weekday = (local.tm_wday + 1) % 7 in self.weekdays
        if local.tm_mon not in self.months:
            return False
        if self.any_day:
            return self.any_weekday or weekday
        return day if self.any_weekday else day or weekday

    def _fits_minute(self, local: time.struct_time) -> bool:
        return local.tm_hour in self.hours and local.tm_min in self.minutes

    def _is_repeated(self, moment: int, local: time.struct_time) -> bool:
        """The hour that comes twice when clocks are put back counts once, for certain hours."""
        before = time.localtime(moment - 3600)
        return len(self.hours) < 24 and before.tm_hour == local.tm_hour


#: February 29 comes again after at most eight years.
_MOST_DAYS = 366 * 9


def _midnight_after(moment: int, local: time.struct_time) -> int:
    begin = (local.tm_year, local.tm_mon, local.tm_mday + 1, 0, 0, 0, 0, 0, -1)
    return max(int(time.mktime(begin)), moment + 60)


class CronError(ValueError):
    """A field has no meaning; ``field`` is its name."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(what)
        self.field = field


def parse(values: dict[str, Any]) -> CronTimes:
    """Reads minute, hour, dayOfMonth, month and dayOfWeek.

    As single numbers, alone or in lists, days of the week count from Monday; in ranges from Sunday.

    Raises:
        CronError: a field has no meaning.
    """
    sets: dict[str, set[int]] = {}
    is_open: dict[str, bool] = {}
    last_day = False
    for field in _FIELDS:
        try:
            parts = _parts(field, values[field.name])
            if field.name == "dayOfMonth" and "l" in parts:
                last_day, parts = True, [part for part in parts if part != "l"]
            sets[field.name] = {number for part in parts for number in _numbers(field, part)}
        except ValueError as error:
            raise CronError(field.name, str(error)) from error
        is_open[field.name] = "*" in parts or "?" in parts
    minutes, hours, days, months, weekdays = (sorted(sets[field.name]) for field in _FIELDS)
    return CronTimes(
        minutes,
        hours,
        days,
        months,
        weekdays,
        last_day,
        is_open["dayOfMonth"],
        is_open["dayOfWeek"],
    )


def _parts(field: _Field, value: Any) -> list[str]:
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    if not items:
        raise ValueError("the list is empty")
    parts: list[str] = []
    for item in items:
        if isinstance(item, bool) or not isinstance(item, (int, str)):
            raise ValueError(
                f"it must be an integer, a string or a list of them, not {shown(item)}"
            )
        parts += [_from_monday(field, part) for part in str(item).lower().split(",")]
    return parts


def _from_monday(field: _Field, part: str) -> str:
    if field.name == "dayOfWeek" and part.isdecimal():
        return str((int(part) + 1) % 7)
    return part


def _numbers(field: _Field, part: str) -> list[int]:
    if not part:
        raise ValueError("a part of it is empty")
    if "#" in part or (field.name == "dayOfWeek" and part.startswith("l")):
        raise ValueError(f"{part!r} is not possible in this version")
    span, slash, step_text = part.partition("/")
    step = 1
    if slash:
        if not step_text.isdecimal() or int(step_text) == 0:
            raise ValueError(f"{step_text!r} is no step")
        step = int(step_text)
    return _span(field, span, bool(slash))[::step]


def _span(field: _Field, span: str, has_step: bool) -> list[int]:
    everything = list(range(field.first, field.last + 1))
    if span in ("*", "?"):
        return everything
    begin_text, dash, end_text = span.partition("-")
    begin = field.number(begin_text)
    if not dash:
        return everything[everything.index(begin) :] if has_step else [begin]
    end = field.number(end_text)
    if field.name == "dayOfWeek" and end_text == "7":
        return [*range(begin, 7), 0]
    if begin <= end:
        return list(range(begin, end + 1))
    return [*range(begin, field.last + 1), *range(field.first, end + 1)]
