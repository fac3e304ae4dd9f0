# SPDX-License-Identifier: MIT
"""Classes that users call in a configuration: wrong arguments become readable errors."""

from __future__ import annotations

import inspect
import traceback
from abc import ABCMeta
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType
from typing import TYPE_CHECKING, Any

from buildbot_cfg._errors import ArgumentErrors, ConfigErrors, report
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg._where import NOWHERE, user_line


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which arguments a function takes, ``self`` left out."""

    names: tuple[str, ...]
    known: frozenset[str]
    required: tuple[tuple[str, int | None], ...]  # with their places; None: by name only
    at_most: int
    takes_any_place: bool
    takes_any_name: bool

    def fits(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether a call with these arguments is right."""
        count = len(args)
        if count > self.at_most and not self.takes_any_place:
            return False
        if not self.takes_any_name and not self.known.issuperset(kwargs):
            return False
        for name, place in self.required:
            if name not in kwargs and (place is None or place >= count):
                return False
        return True


@lru_cache(maxsize=512)
def _own_shape(function: FunctionType) -> _Shape:
    return _shape_of(tuple(inspect.signature(function).parameters.values())[1:])


def _shape_of(parameters: tuple[inspect.Parameter, ...]) -> _Shape:
    named = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    return _Shape(
        names=tuple(p.name for p in parameters),
        known=frozenset(p.name for p in parameters),
        required=tuple(
            (p.name, None if p.kind is p.KEYWORD_ONLY else place)
            for place, p in enumerate(named)
            if p.default is p.empty
        ),
        at_most=sum(p.kind is not p.KEYWORD_ONLY for p in named),
        takes_any_place=any(p.kind is p.VAR_POSITIONAL for p in parameters),
        takes_any_name=any(p.kind is p.VAR_KEYWORD for p in parameters),
    )


def quoted(kind: str, name: object) -> str:
    """How an object is called in messages: ``builder "x"``."""
    return f'{kind} "{name}"' if isinstance(name, str) and name else kind


class Declared(ABCMeta):
    """Metaclass: checks the arguments of a call against our own ``__init__``.

    While a file is loaded, unknown arguments are reported and dropped; when required ones are
    missing the object is made without ``__init__`` and marked, so that the rest of the file is
    still checked.
    Objects that have ``_sealed`` are sealed when they are made. It derives from ABCMeta so that
    users may mix in abstract classes.
    """

    if not TYPE_CHECKING:  # who checks types shall see the arguments of each class

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            init = cls.__init__  # type: ignore[misc]
            # A function of a configuration file has no module at all.
            if not isinstance(init, FunctionType) or not _is_ours(init.__module__):
                return _sealed(super().__call__(*args, **kwargs))
            shape = _own_shape(init)
            if shape.fits(args, kwargs):
                return _sealed(super().__call__(*args, **kwargs))
            name = kwargs.get("name", args[0] if args else None)
            label = quoted(cls.__name__, name)
            args = _without_surplus(label, shape, args)
            kwargs = _without_unknown(label, shape, kwargs)
            if _lacks_required(label, shape, args, kwargs):
                broken: Any = cls.__new__(cls, *args, **kwargs)  # type: ignore[arg-type]
                broken.__dict__.update(_broken=True, name=name)
                return broken
            return _sealed(super().__call__(*args, **kwargs))


def fits(label: str, method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a user's method takes these arguments; what does not fit is reported."""
    shape = _shape_of(tuple(inspect.signature(method).parameters.values()))
    if shape.fits(args, kwargs):
        return True
    args = _without_surplus(label, shape, args)
    _lacks_required(label, shape, args, _without_unknown(label, shape, kwargs))
    return False


def check_service(service: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Calls ``service.checkConfig``; whatever it raises is reported as an error of the service."""
    methods = (service.checkConfig, service.reconfigService)
    fitting = [fits(service.label, method, args, kwargs) for method in methods]
    if not all(fitting):
        return
    try:
        service.checkConfig(*args, **kwargs)
    except ConfigErrors:
        raise
    except Exception as error:
        text = "".join(traceback.format_exception_only(error)).strip()
        line = user_line(error.__traceback__)
        report(text, service.label, service.location if line == NOWHERE else line)


def _is_ours(module: str | None) -> bool:
    return module is not None and module.startswith("buildbot_cfg.")


def _sealed(made: Any) -> Any:
    if hasattr(made, "_sealed"):
        object.__setattr__(made, "_sealed", True)
    return made


def is_broken(value: object) -> bool:
    """Whether the object lacks required arguments (already reported)."""
    return bool(getattr(value, "_broken", False))


def _without_surplus(label: str, shape: _Shape, args: tuple[Any, ...]) -> tuple[Any, ...]:
    if shape.takes_any_place:
        return args
    if len(args) > shape.at_most:
        at_most = f"at most {shape.at_most}" if shape.at_most else "no"
        what = f"takes {at_most} positional arguments, {len(args)} given; name them"
        report(what, label, kind=ArgumentErrors)
    return args[: shape.at_most]


def _without_unknown(label: str, shape: _Shape, kwargs: dict[str, Any]) -> dict[str, Any]:
    if shape.takes_any_name:
        return kwargs
    for key in kwargs:
        if key not in shape.known:
            what = f'unknown argument "{key}"{did_you_mean(key, shape.names)}'
            report(what, label, kind=ArgumentErrors)
    return {key: value for key, value in kwargs.items() if key in shape.known}


def _lacks_required(
    label: str, shape: _Shape, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> bool:
    missing = [
        name
        for name, place in shape.required
        if name not in kwargs and (place is None or place >= len(args))
    ]
    for name in missing:
        report(f'argument "{name}" is missing', label, kind=ArgumentErrors)
    return bool(missing)
