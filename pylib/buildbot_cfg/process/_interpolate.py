# SPDX-License-Identifier: MIT
"""Text with properties, source stamps, worker information and arguments put in."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from buildbot_cfg._bridge import Interpolation
from buildbot_cfg._errors import report
from buildbot_cfg._tasks import promised
from buildbot_cfg.interfaces import IRenderable
from buildbot_cfg.process._lazy import RenderableOperators
from buildbot_cfg.process._rendering import is_renderable, render, render_all
from buildbot_cfg.secrets.lookup import secret_text


@lru_cache(maxsize=1024)
def _parsed(fmtstring: str) -> Interpolation:
    """Nobody changes it: the same texts share it."""
    return Interpolation(fmtstring)


class Interpolate(RenderableOperators):
    """Text with ``%(selector:key)s`` parts; the selectors are prop, src, worker, secret and kw.

    Args:
        fmtstring: the text; ``%(prop:x:-text)s`` and other modifiers give defaults. A renderable
            has its own value: ``Interpolate(Interpolate(text))`` is ``Interpolate(text)``.
        args: values (or renderables) of plain ``%s`` parts.
        kwargs: values (or renderables) of ``%(kw:name)s`` parts.

    Raises:
        ConfigErrors: the text is malformed.

    Example:
        >>> Interpolate("%(prop:branch:-main)s.tar.gz")
        Interpolate('%(prop:branch:-main)s.tar.gz')
    """

    def __init__(self, fmtstring: str | IRenderable, *args: Any, **kwargs: Any) -> None:
        self.fmtstring, self.args, self.kwargs = fmtstring, args, kwargs
        self.core: Interpolation | None = None
        if is_renderable(fmtstring):
            if args or kwargs:
                report("Interpolate of a renderable takes no further arguments", repr(self))
        elif not isinstance(fmtstring, str):
            report(f"Interpolate takes a string, not {fmtstring!r}")
        elif args and kwargs:
            report("Interpolate takes positional or keyword arguments, not both", repr(self))
        elif not args:
            self._parse(fmtstring)

    def _parse(self, fmtstring: str) -> None:
        try:
            self.core = _parsed(fmtstring)
        except ValueError as error:
            report(str(error), repr(self))

    @promised
    async def getRenderingFor(self, props: Any) -> Any:
        """The text."""
        if not isinstance(self.fmtstring, str):
            return await render(self.fmtstring, props)
        properties = props.getProperties()
        if self.args:
            return self.fmtstring % tuple(await render_all(self.args, props))
        if self.core is None:
            raise ValueError(f"malformed {self!r}")
        holes = {
            name: await render(properties.getProperty(name), props)
            for name in self.core.property_names
            if properties.hasProperty(name)
        }
        keywords = {
            name: await render(self.kwargs[name], props)
            for name in self.core.keyword_names
            if name in self.kwargs
        }
        values = _Values(properties, holes, keywords)
        while True:
            values.wanted = None
            try:
                return self.core.evaluate(values)
            except ValueError:
                if values.wanted is None:
                    raise
            # Only secrets that the text uses are asked for: a provider may be slow, or say no.
            values.secrets[values.wanted] = await secret_text(values.wanted, props)

    def __repr__(self) -> str:
        more = [repr(arg) for arg in self.args]
        more += [f"{name}={value!r}" for name, value in self.kwargs.items()]
        return f"Interpolate({', '.join([repr(self.fmtstring), *more])})"


class _Values:
    """Where an Interpolation finds its values: what Python rendered, and the build."""

    def __init__(self, properties: Any, holes: dict[str, Any], keywords: dict[str, Any]) -> None:
        self._properties, self._holes, self._keywords = properties, holes, keywords
        self.secrets: dict[str, str] = {}
        self.wanted: str | None = None

    def property(self, name: str) -> Any:
        return self._holes[name]

    def keyword(self, name: str) -> Any:
        return self._keywords[name]

    def source(self, codebase: str, attr: str) -> Any:
        stamp = self._properties.getSourceStamp(codebase)
        if stamp is None:
            raise LookupError(codebase)
        return stamp[attr]

    def worker(self, name: str) -> Any:
        build = self._properties.getBuild()
        if build is None:
            raise LookupError(name)
        return build.getWorkerInfo()[name]

    def secret(self, name: str) -> Any:
        if name not in self.secrets:
            self.wanted = name
        return self.secrets[name]


_OLD_PART = re.compile(r"%\((?P<name>[^:)]+)(?P<modifier>:[-~+][^)]*)?\)")


class WithProperties:
    """The old spelling of Interpolate.

    Its parts are ``%(name)s`` with the modifiers ``:-``, ``:~`` and ``:+``, or ``%s`` and names.

    Args:
        fmtstring: the text.
        args: names of properties for the ``%s`` parts.
        lambda_subs: functions of the build's properties for ``%(name)s`` parts.

    Example:
        >>> WithProperties("build-%s.tar.gz", "revision")
        WithProperties('build-%s.tar.gz')
    """

    def __init__(self, fmtstring: str, *args: Any, **lambda_subs: Callable[[Any], Any]) -> None:
        self.fmtstring, self.args, self.lambda_subs = fmtstring, args, lambda_subs
        if args and lambda_subs:
            report("WithProperties takes names or functions, not both", repr(self))
        for name, function in lambda_subs.items():
            if not callable(function):
                report(f'argument "{name}" must be a function of the properties', repr(self))

    @promised
    async def getRenderingFor(self, props: Any) -> str:
        """The text."""
        properties = props.getProperties()
        if self.args:
            values = await render([properties[name] for name in self.args], props)
            return self.fmtstring % tuple("" if value is None else value for value in values)
        found = {}
        for part in _OLD_PART.finditer(self.fmtstring):
            key = part["name"] + (part["modifier"] or "")
            found[key] = await self._value(properties, part["name"], part["modifier"] or "")
        return self.fmtstring % found

    async def _value(self, properties: Any, name: str, modifier: str) -> Any:
        sign, text = modifier[1:2], modifier[2:]
        if name in self.lambda_subs:
            known, value = True, await render(self.lambda_subs[name](properties), properties)
        else:
            known = properties.hasProperty(name)
            if not known and not sign:
                raise KeyError(name)
            value = await render(properties.getProperty(name), properties)
        if sign == "+":
            return text if known else ""
        if (sign == "-" and not known) or (sign == "~" and not value):
            value = text
        return "" if value is None else value

    def __repr__(self) -> str:
        return f"WithProperties({self.fmtstring!r})"
