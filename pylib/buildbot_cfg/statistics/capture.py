# SPDX-License-Identifier: MIT
"""Which numbers are taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._declared import Declared
from buildbot_cfg._errors import report
from buildbot_cfg._suggest import did_you_mean

_UNITS = ("seconds", "minutes", "hours")
_BUILD_FINISHED = ("builders", None, "builds", None, "finished")
_DATA_YIELDED = ("stats-yieldMetricsValue", "stats-yield-data")
Callback = Callable[..., Any] | None


class Capture(metaclass=Declared):
    """A number that is taken when something happens.

    Args:
        routingKey: what happens.
        callback: a function that makes the number.
    """

    def __init__(self, routingKey: tuple[Any, ...], callback: Callback) -> None:
        self.routingKey, self._callback = routingKey, callback


class CapturePropertyBase(Capture):
    """The values of a property of builds."""

    def __init__(self, property_name: str, callback: Callback = None, regex: bool = False) -> None:
        super().__init__(_BUILD_FINISHED, callback)
        self._property_name, self._regex = property_name, regex


class CaptureProperty(CapturePropertyBase):
    """The values of a property of one builder's builds.

    Args:
        builder_name: whose.
        property_name: which one.
        callback: a function (properties, name) that gives the value.
        regex: whether property_name is a pattern.
    """

    def __init__(
        self, builder_name: str, property_name: str, callback: Callback = None, regex: bool = False
    ) -> None:
        super().__init__(property_name, callback, regex)
        self._builder_name = builder_name


class CapturePropertyAllBuilders(CapturePropertyBase):
    """The values of a property of all builds.

    Args:
        property_name: which one.
        callback: a function (properties, name) that gives the value.
        regex: whether property_name is a pattern.
    """


class CaptureBuildTimes(Capture):
    """Times of builds."""

    _time_type = ""

    def __init__(self, builder_name: str | None, callback: Callback) -> None:
        super().__init__(_BUILD_FINISHED, callback)
        self._builder_name = builder_name


class CaptureBuildStartTime(CaptureBuildTimes):
    """When builds of one builder begin.

    Args:
        builder_name: whose.
        callback: a function (time) that gives the value.
    """

    _time_type = "start-time"

    def __init__(self, builder_name: str, callback: Callback = None) -> None:
        super().__init__(builder_name, callback)


class CaptureBuildStartTimeAllBuilders(CaptureBuildTimes):
    """When builds begin.

    Args:
        callback: a function (time) that gives the value.
    """

    _time_type = "start-time"

    def __init__(self, callback: Callback = None) -> None:
        super().__init__(None, callback)


class CaptureBuildEndTime(CaptureBuildTimes):
    """When builds of one builder end.

    Args:
        builder_name: whose.
        callback: a function (time) that gives the value.
    """

    _time_type = "end-time"

    def __init__(self, builder_name: str, callback: Callback = None) -> None:
        super().__init__(builder_name, callback)


class CaptureBuildEndTimeAllBuilders(CaptureBuildTimes):
    """When builds end.

    Args:
        callback: a function (time) that gives the value.
    """

    _time_type = "end-time"

    def __init__(self, callback: Callback = None) -> None:
        super().__init__(None, callback)


def _check_unit(owner: object, unit: Any) -> None:
    if unit not in _UNITS:
        what = f'"report_in" must be "seconds", "minutes" or "hours", not {shown(unit)}'
        report(what + did_you_mean(str(unit), _UNITS), type(owner).__name__)


class CaptureBuildDuration(CaptureBuildTimes):
    """How long builds of one builder take.

    Args:
        builder_name: whose.
        report_in: "seconds", "minutes" or "hours".
        callback: a function (begin, end) that gives the value.
    """

    _time_type = "duration"

    def __init__(
        self, builder_name: str, report_in: str = "seconds", callback: Callback = None
    ) -> None:
        super().__init__(builder_name, callback)
        _check_unit(self, report_in)
        self._report_in = report_in


class CaptureBuildDurationAllBuilders(CaptureBuildTimes):
    """How long builds take.

    Args:
        report_in: "seconds", "minutes" or "hours".
        callback: a function (begin, end) that gives the value.
    """

    _time_type = "duration"

    def __init__(self, report_in: str = "seconds", callback: Callback = None) -> None:
        super().__init__(None, callback)
        _check_unit(self, report_in)
        self._report_in = report_in


class CaptureDataBase(Capture):
    """Numbers that steps give with ``yieldMetricsValue``."""

    def __init__(self, data_name: str, callback: Callback = None) -> None:
        super().__init__(_DATA_YIELDED, callback)
        self._data_name = data_name


class CaptureData(CaptureDataBase):
    """Numbers that steps of one builder give.

    Args:
        data_name: which ones.
        builder_name: whose.
        callback: a function (value) that gives the value.
    """

    def __init__(self, data_name: str, builder_name: str, callback: Callback = None) -> None:
        super().__init__(data_name, callback)
        self._builder_name = builder_name


class CaptureDataAllBuilders(CaptureDataBase):
    """Numbers that steps give.

    Args:
        data_name: which ones.
        callback: a function (value) that gives the value.
    """
