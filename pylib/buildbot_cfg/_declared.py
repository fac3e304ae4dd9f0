# SPDX-License-Identifier: MIT
"""Classes that users call in a configuration: wrong arguments become readable errors."""

from __future__ import annotations

import inspect
import traceback
from abc import ABCMeta
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType
from typing import TYPE_CHECKING, Any

from buildbot_cfg import _old_spellings
from buildbot_cfg._bridge import CallBase, is_known_class, know_call, know_class
from buildbot_cfg._errors import ArgumentErrors, ConfigErrors, is_collecting, report, times_told
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg._where import NOWHERE, user_line

Parameters = tuple[inspect.Parameter, ...]
_OURS = ("buildbot.", "buildbot_cfg.")
_OPEN = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


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
    return _shape_of(_parameters(function))


def _parameters(function: FunctionType) -> Parameters:
    return tuple(inspect.signature(function).parameters.values())[1:]


def _shape_of(parameters: Parameters) -> _Shape:
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


def _accepted(cls: Declared) -> Parameters | None:
    """What a call of the class may give; None: only the user's own code knows.

    Classes with ``_call_goes_on`` hand the arguments that they do not name to the next class in the
    mro: the parameters of all of them count.
    """
    method = cls._call_is_checked_by
    own = getattr(cls, method, None)
    if not is_function_of_ours(own):
        return None
    assert isinstance(own, FunctionType)
    return _merged(cls, method) if cls._call_goes_on else _parameters(own)


@dataclass(frozen=True, slots=True)
class _Call:
    """What a call of a class may give, as long as its functions stay the same."""

    functions: tuple[object, object]
    shape: _Shape | None
    is_sealed: bool  # its objects are, when a file makes them


def _call_of(cls: Declared) -> _Call:
    init, method = cls.__init__, cls._call_is_checked_by  # type: ignore[misc]
    own = init if method == "__init__" else getattr(cls, method, None)
    kept: _Call | None = cls.__dict__.get("_kept_call")
    if kept is None or kept.functions != (own, init):
        kept = _Call((own, init), _new_shape(cls, own, init), hasattr(cls, "_sealed"))
        type.__setattr__(cls, "_kept_call", kept)
    return kept


def _free_parameters(cls: Declared) -> tuple[frozenset[str], frozenset[str]] | None:
    """What the class and its bases say; None: what ``__init__`` does may be the user's own."""
    if not all(is_of_stock(base) for base in cls.__mro__):
        return None
    found: tuple[set[str], set[str]] = (set(), set())
    for base in reversed(cls.__mro__):
        init = vars(base).get("__init__")
        if isinstance(init, FunctionType):  # what it takes itself it may look at more closely
            code = init.__code__
            own = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            for names in found:
                names.difference_update(own)
        for names, key in zip(found, ("_free_arguments", "_free_texts"), strict=True):
            names.update(vars(base).get(key, ()))
    return frozenset(found[0]), frozenset(found[1])


def is_of_stock(cls: type) -> bool:
    """Whether the class is one of ours, or one that only has other attributes."""
    module = cls.__module__
    if cls is object or module.startswith(_OURS):
        return True
    return all(_is_plain(name, value) for name, value in cls.__dict__.items())


def _is_plain(name: str, value: Any) -> bool:
    if name.startswith("__") or name == "_abc_impl":
        return not isinstance(value, (FunctionType, classmethod, staticmethod, property))
    return not callable(value) and not hasattr(value, "__get__") and name != "renderables"


def _new_shape(cls: Declared, own: object, init: object) -> _Shape | None:
    if not is_function_of_ours(own) or not is_function_of_ours(init):
        return None
    assert isinstance(own, FunctionType)
    if not cls._call_goes_on:
        return _own_shape(own)
    parameters = _merged(cls, cls._call_is_checked_by)
    return None if parameters is None else _shape_of(parameters)


def _names_first(cls: Declared, shape: _Shape) -> bool:
    """Whether the first argument is what people would call the object."""
    is_service = cls._call_is_checked_by != "__init__"
    return not is_service or shape.names[:1] in (("name",), ("repourl",))


def is_function_of_ours(function: object) -> bool:
    """Whether it is part of this package, not of a configuration."""
    # A function of a configuration file has no module at all.
    return isinstance(function, FunctionType) and _is_ours(function.__module__)


def _merged(cls: Declared, method: str) -> Parameters | None:
    found: dict[str, inspect.Parameter] = {}
    rest: list[inspect.Parameter] = []
    by_position = True
    filled_in = cls._call_fills_in  # a class gives them to the next one itself
    for base in cls.__mro__:
        function = vars(base).get(method)
        if function is None or base is object:
            continue
        if not is_function_of_ours(function):
            return None
        own = _parameters(function)
        for parameter in own:
            if parameter.kind not in _OPEN:
                if not by_position:
                    parameter = parameter.replace(kind=parameter.KEYWORD_ONLY)
                if parameter.name in filled_in and parameter.default is parameter.empty:
                    parameter = parameter.replace(default=None, kind=parameter.KEYWORD_ONLY)
                found.setdefault(parameter.name, parameter)
        by_position = by_position and any(p.kind is p.VAR_POSITIONAL for p in own)
        rest = [p for p in own if p.kind in _OPEN]
        if not any(p.kind is p.VAR_KEYWORD for p in rest):
            break
    for name in cls._call_also_takes:
        found.setdefault(
            name, inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None)
        )
    return _in_order([*found.values(), *rest])


def _in_order(parameters: list[inspect.Parameter]) -> Parameters:
    return tuple(
        sorted(parameters, key=lambda p: (p.kind, p.kind <= 1 and p.default is not p.empty))
    )


class Label:
    """The attribute ``label``: what an object is called in messages, made when it is asked for."""

    def __init__(self, of: Callable[[Any], str]) -> None:
        self._of = of

    def __get__(self, made: Any, owner: Any) -> str:
        return owner.__name__ if made is None else self._of(made)


def quoted(kind: str, name: object) -> str:
    """How an object is called in messages: ``builder "x"``."""
    return f'{kind} "{name}"' if isinstance(name, str) and name else kind


class Declared(CallBase, ABCMeta):
    """Metaclass: checks the arguments of a call against our own ``__init__``.

    While a file is loaded, unknown arguments are reported and dropped; when required ones are
    missing the object is made without ``__init__`` and marked, so that the rest of the file is
    still checked.
    Objects that have ``_sealed`` are sealed when a file makes them. It derives from ABCMeta so that
    users may mix in abstract classes.
    """

    #: What classes may say otherwise: which method knows the arguments, whether it hands the ones
    #: that it does not name to the next class, which of those it gives itself, and further names.
    _call_is_checked_by = "__init__"
    _call_goes_on = False
    _call_fills_in: tuple[str, ...] = ()
    _call_also_takes: tuple[str, ...] = ()
    #: What a class of steps says: its arguments of which only the type counts when they are checked
    #: (of strings also whether they are empty, or longer than 50), and those of which that is so
    #: only when they are strings.
    _free_arguments: frozenset[str] = frozenset()
    _free_texts: frozenset[str] = frozenset()

    def __new__(
        mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any
    ) -> Declared:
        """Our classes say that they are from ``buildbot``, where users import them from."""
        module = namespace.get("__module__", "")
        if _is_ours(module):
            namespace["__module__"] = module.replace("buildbot_cfg.", "buildbot.", 1)
        return super().__new__(mcls, name, bases, namespace, **kwargs)

    @classmethod
    def _call_slowly(mcls, cls: Declared, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Calls a class that C++ does not know yet, or with arguments that it cannot judge."""
        call = _call_of(cls)
        shape = call.shape
        if shape is not None and _old_spellings.is_lenient():
            args, kwargs = _old_spellings.renamed(cls, args, kwargs)
        if shape is not None and not shape.fits(args, kwargs):
            return _called_wrongly(cls, call, shape, args, kwargs)
        before = times_told()
        made = _made(cls, call, args, kwargs)
        if not is_known_class(cls):  # now: what the call kept with it was a change
            know_class(cls, shape, call.is_sealed, _free_parameters(cls))
        if is_collecting() and times_told() == before:
            know_call(cls, args, kwargs)
        return made

    @property
    def __signature__(cls) -> inspect.Signature | None:
        """The parameters of a call: all that the classes in the mro take."""
        parameters = _accepted(cls)
        if parameters is None:
            init = inspect.getattr_static(cls, "__init__", None)
            parameters = _parameters(init) if isinstance(init, FunctionType) else ()
        return inspect.Signature(parameters)

    if not TYPE_CHECKING:  # nor attributes that do not exist

        def __getattr__(cls, name: str) -> Any:
            raise AttributeError(_old_spellings.attribute_text(cls, name), name=name, obj=cls)


def _made(cls: Declared, call: _Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    made = type.__call__(cls, *args, **kwargs)
    if call.is_sealed and is_collecting():
        made._sealed = True
    return made


def _called_wrongly(
    cls: Declared, call: _Call, shape: _Shape, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Reports what is wrong, and makes the object of what is right."""
    by_place = args[0] if args and _names_first(cls, shape) else None
    name = kwargs.get("name", by_place)
    label = quoted(cls.__name__, name)
    args = _without_surplus(label, shape, args)
    kwargs = _without_unknown(label, shape, kwargs)
    if _lacks_required(label, shape, args, kwargs):
        broken: Any = cls.__new__(cls, *args, **kwargs)  # type: ignore[arg-type]
        broken.__dict__.update(_broken=True, name=name)
        return broken
    return _made(cls, call, args, kwargs)


def fits(label: str, method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a user's method takes these arguments; what does not fit is reported."""
    function = getattr(method, "__func__", None)
    if isinstance(function, FunctionType) and is_function_of_ours(function):
        shape = _own_shape(function)
    else:
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
            hint = _old_spellings.argument_hint(label, key, shape.known)
            what = f'unknown argument "{key}"{hint or did_you_mean(key, shape.names)}'
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
