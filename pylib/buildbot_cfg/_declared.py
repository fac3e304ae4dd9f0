# SPDX-License-Identifier: MIT
"""Classes that users call in a configuration: wrong arguments become readable errors."""

from __future__ import annotations

import inspect
import traceback
from abc import ABCMeta
from functools import lru_cache
from types import FunctionType
from typing import Any

from buildbot_cfg._errors import ArgumentErrors, ConfigErrors, report
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg._where import NOWHERE, user_line


@lru_cache(maxsize=512)
def _parameters(function: FunctionType) -> tuple[inspect.Parameter, ...]:
    return tuple(inspect.signature(function).parameters.values())[1:]


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

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        init = cls.__init__  # type: ignore[misc]
        # A function of a configuration file has no module at all.
        if not isinstance(init, FunctionType) or not _is_ours(init.__module__):
            return _sealed(super().__call__(*args, **kwargs))
        parameters = _parameters(init)
        name = kwargs.get("name", args[0] if args else None)
        label = quoted(cls.__name__, name)
        args = _without_surplus(label, parameters, args)
        kwargs = _without_unknown(label, parameters, kwargs)
        if _lacks_required(label, parameters, args, kwargs):
            broken: Any = cls.__new__(cls, *args, **kwargs)  # type: ignore[arg-type]
            broken.__dict__.update(_broken=True, name=name)
            return broken
        return _sealed(super().__call__(*args, **kwargs))


def fits(label: str, method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a user's method takes these arguments; what does not fit is reported."""
    parameters = tuple(inspect.signature(method).parameters.values())
    fitting = _without_surplus(label, parameters, args) == args
    fitting &= _without_unknown(label, parameters, kwargs) == kwargs
    return not _lacks_required(label, parameters, args, kwargs) and fitting


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


def _without_surplus(
    label: str, parameters: tuple[inspect.Parameter, ...], args: tuple[Any, ...]
) -> tuple[Any, ...]:
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return args
    allowed = sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
    if len(args) > allowed:
        at_most = f"at most {allowed}" if allowed else "no"
        what = f"takes {at_most} positional arguments, {len(args)} given; name them"
        report(what, label, kind=ArgumentErrors)
    return args[:allowed]


def _without_unknown(
    label: str, parameters: tuple[inspect.Parameter, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return kwargs
    known = [p.name for p in parameters]
    for key in kwargs.keys() - set(known):
        report(f'unknown argument "{key}"{did_you_mean(key, known)}', label, kind=ArgumentErrors)
    return {key: value for key, value in kwargs.items() if key in known}


def _lacks_required(
    label: str,
    parameters: tuple[inspect.Parameter, ...],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> bool:
    missing = [
        p.name
        for index, p in enumerate(parameters)
        if p.default is p.empty
        and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
        and p.name not in kwargs
        and (p.kind is p.KEYWORD_ONLY or index >= len(args))
    ]
    for name in missing:
        report(f'argument "{name}" is missing', label, kind=ArgumentErrors)
    return bool(missing)
