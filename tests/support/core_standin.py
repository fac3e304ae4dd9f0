# SPDX-License-Identifier: MIT
"""Behaves like ``buildbot_cfg._core`` where the executable is not available (see the Python border)."""

from __future__ import annotations

import re
import sys
import types

version = "standin"
master = None
logged: list[tuple[str, str]] = []


class MasterError(Exception):
    code = "bad_input"


def log(level, text):
    logged.append((level, text))


class _Recorded:
    def __new__(cls, *args, **kwargs):
        made = super().__new__(cls)
        frame = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] == "buildbot_cfg":
            frame = frame.f_back
        where = (None, 0) if frame is None else (frame.f_code.co_filename, frame.f_lineno)
        object.__setattr__(made, "_made", ((cls, args, dict(kwargs)), where))
        return made

    def __init__(self, *args, **kwargs):
        pass

    def _recipe(self):
        cls, args, kwargs = self._made[0]
        return cls, args, dict(kwargs)

    def _location(self):
        return self._made[1]


class StepBase(_Recorded):
    pass


class BuilderBase(_Recorded):
    pass


class SchedulerBase(_Recorded):
    pass


class WorkerBase(_Recorded):
    pass


_NAMES = re.compile(r"[\w._-]*\Z")
_MISSING = object()


class Interpolation:
    def __init__(self, fmt):
        self.property_names, self.keyword_names, self.shortest_length = [], [], 0
        self._parts = []
        at = 0
        while at < len(fmt):
            percent = fmt.find("%", at)
            if percent < 0:
                self._text(fmt[at:])
                break
            self._text(fmt[at:percent])
            if fmt.startswith("%%", percent):
                self._text("%")
                at = percent + 2
                continue
            if not fmt.startswith("%(", percent):
                raise ValueError(f"malformed format at {fmt[percent:]!r}")
            depth, end = 1, percent + 2
            while end < len(fmt) and depth:
                depth += {"(": 1, ")": -1}.get(fmt[end], 0)
                end += 1
            if depth or fmt[end : end + 1] != "s":
                raise ValueError(f"only %(...)s is allowed, not {fmt[percent:]!r}")
            self._parts.append(self._part(fmt[percent + 2 : end - 1]))
            at = end + 1

    def _text(self, text):
        if text:
            self._parts.append(text)
            self.shortest_length += len(text)

    def _part(self, inside):
        selector, colon, rest = inside.partition(":")
        if not colon:
            raise ValueError(f'"{inside}" has no selector')
        if selector not in ("prop", "src", "worker", "secret", "kw"):
            raise ValueError(f'unknown selector "{selector}"')
        if selector == "src":
            codebase, colon, rest = rest.partition(":")
            if not colon:
                raise ValueError("src needs a codebase and an attribute")
            name, colon, modifier = rest.partition(":")
            key = (codebase, name)
        else:
            name, colon, modifier = rest.partition(":")
            key = (name,)
        if not all(_NAMES.match(part) for part in key):
            raise ValueError(f'"{name}" is no name')
        if selector == "prop":
            self.property_names.append(name)
        if selector == "kw":
            self.keyword_names.append(name)
        return selector, key, self._modifier(modifier if colon else None)

    def _modifier(self, text):
        if text is None:
            return None
        for sign in ("-", "~", "+"):
            if text.startswith(sign):
                return sign, self._nested(text[1:])
        for sign in ("#?", "?"):
            if text.startswith(sign):
                rest = text[len(sign) :]
                yes, no = _split(rest)
                return sign, self._nested(yes), self._nested(no)
        raise ValueError(f'unknown modifier "{text}"')

    def _nested(self, text):
        inner = Interpolation(text)
        self.property_names += inner.property_names
        self.keyword_names += inner.keyword_names
        return inner

    def evaluate(self, lookup):
        return "".join(p if isinstance(p, str) else self._value(p, lookup) for p in self._parts)

    def _value(self, part, lookup):
        selector, key, modifier = part
        verb = {"prop": "property", "src": "source", "kw": "keyword"}.get(selector, selector)
        try:
            value = getattr(lookup, verb)(*key)
        except LookupError:
            if selector == "secret":
                raise
            value = _MISSING
        sign, *texts = modifier or ("-", Interpolation(""))
        if sign == "+":
            return texts[0].evaluate(lookup) if value is not _MISSING else ""
        if sign == "?":
            return texts[value is _MISSING].evaluate(lookup)
        if sign == "#?":
            return texts[value is _MISSING or not value].evaluate(lookup)
        if value is _MISSING or (sign == "~" and not value):
            return texts[0].evaluate(lookup)
        return "" if value is None else str(value)


def _split(text):
    delimiter, depth = text[:1], 0
    if not delimiter or delimiter == "(":
        raise ValueError("the modifier needs a delimiter")
    for index in range(1, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if text[index] == delimiter and not depth:
            return text[1:index], text[index + 1 :]
    raise ValueError("the modifier needs two texts")


def install():
    """Puts this module where the C++ one would be."""
    module = types.ModuleType("buildbot_cfg._core")
    module.__dict__.update({k: v for k, v in globals().items() if not k.startswith("__")})
    sys.modules["buildbot_cfg._core"] = module
    import buildbot_cfg

    buildbot_cfg._core = module
    return module
