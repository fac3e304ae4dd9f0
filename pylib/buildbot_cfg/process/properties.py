# SPDX-License-Identifier: MIT
"""Properties of builds, and values that depend on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import update_wrapper
from typing import Any, cast

from buildbot_cfg import _tasks
from buildbot_cfg._bridge import know_renderable
from buildbot_cfg._errors import report
from buildbot_cfg.process._interpolate import Interpolate, WithProperties
from buildbot_cfg.process._lazy import FlattenList, RenderableOperators, Transform
from buildbot_cfg.process._rendering import is_renderable, render
from buildbot_cfg.secrets.lookup import secret_text

__all__ = [
    "FlattenList",
    "Interpolate",
    "Properties",
    "PropertiesMixin",
    "Property",
    "Secret",
    "Transform",
    "WithProperties",
    "renderer",
]


class Properties:
    """Values by name, each with its source.

    Args:
        kwargs: first values, with the source "TEST".

    Example:
        >>> props = Properties()
        >>> props.setProperty("os", "linux", "Config")
        >>> props["os"], props.getPropertySource("os")
        ('linux', 'Config')
    """

    def __init__(self, **kwargs: Any) -> None:
        self.properties: dict[str, tuple[Any, str]] = {}
        #: Names that were set while the build ran.
        self.runtime: set[str] = set()
        self.build: Any = None
        self._own: dict[str, Any] = {}
        #: Called with (name, value, source, runtime) after each change.
        self.on_change: Callable[[str, Any, str, bool], None] | None = None
        #: Called with (name, value) when a secret is used.
        self.on_secret: Callable[[str, str], None] | None = None
        if kwargs:
            self.update(kwargs, "TEST")

    @classmethod
    def fromDict(cls, propDict: Mapping[str, tuple[Any, str]]) -> Properties:
        """Makes one of ``{name: (value, source)}``."""
        made = cls()
        made.properties = {name: (value, source) for name, (value, source) in propDict.items()}
        return made

    def getProperties(self) -> Properties:
        """Itself."""
        return self

    def getProperty(self, name: str, default: Any = None) -> Any:
        """The value, or ``default`` when it is not set."""
        return self.properties.get(name, (default,))[0]

    def hasProperty(self, name: str) -> bool:
        """Whether it is set (perhaps to None)."""
        return name in self.properties

    has_key = hasProperty

    def setProperty(self, name: str, value: Any, source: str, runtime: bool = False) -> None:
        """Sets a value.

        Raises:
            TypeError: the value is neither plain data nor renderable.
        """
        _check_name(name)
        if not is_renderable(value):
            _check_value(name, value)
        self._take(name, value, source, runtime)

    def getPropertySource(self, name: str) -> str:
        """Where the value came from.

        Raises:
            KeyError: it is not set.
        """
        return self.properties[name][1]

    def asList(self) -> list[tuple[str, Any, str]]:
        """All as (name, value, source), sorted."""
        return sorted(
            ((name, value, source) for name, (value, source) in self.properties.items()),
            key=lambda item: item[0],
        )

    def asDict(self) -> dict[str, tuple[Any, str]]:
        """All as ``{name: (value, source)}``."""
        return dict(self.properties)

    def update(self, dict: Mapping[str, Any], source: str, runtime: bool = False) -> None:
        """Sets several values of one source."""
        for name, value in dict.items():
            self.setProperty(name, value, source, runtime)

    def updateFromProperties(self, other: Properties) -> None:
        """Takes over all of another one."""
        for name, (value, source) in other.properties.items():
            self._take(name, value, source, name in other.runtime)

    def updateFromPropertiesNoRuntime(self, other: Properties) -> None:
        """Takes over those of another one that were not set while a build ran."""
        for name, (value, source) in other.properties.items():
            if name not in other.runtime:
                self._take(name, value, source, False)

    def _take(self, name: str, value: Any, source: str, runtime: bool) -> None:
        self.properties[name] = (value, source)
        if runtime:
            self.runtime.add(name)
        if self.on_change is not None:
            self.on_change(name, value, source, runtime)

    @_tasks.promised
    async def render(self, value: Any) -> Any:
        """The value of a renderable (or of what holds some)."""
        return await render(value, self)

    def getBuild(self) -> Any:
        """The build they belong to; None outside of one."""
        return self.build

    def useSecret(self, secret_value: str, secret_name: str) -> None:
        """From now on the secret's text is replaced by its name in logs and summaries."""
        if secret_value.strip():
            self._own.setdefault("secrets", {})[secret_value] = f"<{secret_name}>"
            if self.on_secret is not None:
                self.on_secret(secret_name, secret_value)

    def cleanupTextFromSecrets(self, text: str) -> str:
        """The text with used secrets replaced by their names."""
        secrets: dict[str, str] = self._own.get("secrets", {})
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, secrets[secret])
        return text

    @property
    def master(self) -> Any:
        """The master: ``props.master.data.get(...)``."""
        if self.build is not None:
            return self.build.master
        return self._own.get("master")

    @master.setter
    def master(self, master: Any) -> None:
        self._own["master"] = master

    @property
    def sourcestamps(self) -> Any:
        """The source stamps, as dicts."""
        if self.build is not None:
            return [stamp.asDict() for stamp in self.build.getAllSourceStamps()]
        return self._own.get("sourcestamps", [])

    @sourcestamps.setter
    def sourcestamps(self, stamps: Any) -> None:
        self._own["sourcestamps"] = stamps

    @property
    def changes(self) -> Any:
        """The changes, as dicts."""
        if self.build is not None:
            return [change.asChDict() for change in self.build.allChanges()]
        return self._own.get("changes", [])

    @changes.setter
    def changes(self, changes: Any) -> None:
        self._own["changes"] = changes

    @property
    def files(self) -> list[str]:
        """All files that the changes touched."""
        if self.build is not None:
            return list(self.build.allFiles())
        return [file for change in self.changes for file in change["files"]]

    def getSourceStamp(self, codebase: str = "") -> Any:
        """The source stamp of a codebase as a dict; None when there is none."""
        return next((s for s in self.sourcestamps if s["codebase"] == codebase), None)

    def __getitem__(self, name: str) -> Any:
        return self.properties[name][0]

    def __contains__(self, name: object) -> bool:
        return name in self.properties

    def __iter__(self) -> Iterator[str]:
        return iter(self.properties)

    def __len__(self) -> int:
        return len(self.properties)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Properties) and self.properties == other.properties

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Properties(**{ {name: value for name, value, _ in self.asList()}!r})"


class PropertiesMixin:
    """The short verbs for objects that have ``getProperties()``: builds and steps."""

    set_runtime_properties = False

    def getProperties(self) -> Properties:
        """The properties of the object."""
        raise NotImplementedError

    def getProperty(self, propname: str, default: Any = None) -> Any:
        """The value, or ``default`` when it is not set."""
        return self.getProperties().getProperty(propname, default)

    def hasProperty(self, propname: str) -> bool:
        """Whether it is set (perhaps to None)."""
        return self.getProperties().hasProperty(propname)

    has_key = hasProperty

    def setProperty(
        self, propname: str, value: Any, source: str = "Unknown", runtime: bool | None = None
    ) -> None:
        """Sets a value; ``runtime`` ones are not taken over when the build is rebuilt."""
        if runtime is None:
            runtime = self.set_runtime_properties
        self.getProperties().setProperty(propname, value, source, runtime=runtime)

    @_tasks.promised
    async def render(self, value: Any) -> Any:
        """The value of a renderable (or of what holds some)."""
        return await render(value, self.getProperties())


class Property(RenderableOperators):
    """The value of a property.

    Args:
        key: the property's name.
        default: taken when the property is not set; may be a renderable.
        defaultWhenFalse: take the default also for "", 0, None and False.

    Example:
        >>> Property("branch", default="main")
        Property(branch)
    """

    def __init__(self, key: str, default: Any = None, defaultWhenFalse: bool = True) -> None:
        self.key, self.default, self.defaultWhenFalse = key, default, defaultWhenFalse

    @_tasks.promised
    async def getRenderingFor(self, props: Any) -> Any:
        """The value."""
        properties = props.getProperties()
        if properties.hasProperty(self.key):
            value = await render(properties.getProperty(self.key), props)
            if value or not self.defaultWhenFalse:
                return value
        return await render(self.default, props)

    def __repr__(self) -> str:
        return f"Property({self.key})"


class Secret:
    """The value of a secret.

    Args:
        secret_name: its name, for which the providers of ``c["secretsProviders"]`` are asked.

    Raises:
        KeyError: (when it is rendered) no provider has it.

    Example:
        >>> Secret("deploy-key")
        Secret(deploy-key)
    """

    def __init__(self, secret_name: str) -> None:
        self.secret_name = secret_name

    async def getRenderingFor(self, props: Any) -> str:
        """The value; from now on the build shows the name instead."""
        return await secret_text(self.secret_name, props)

    def __repr__(self) -> str:
        return f"Secret({self.secret_name})"


class _Renderer:
    """A function of the properties, whose answer is the value."""

    def __init__(
        self, fn: Callable[..., Any], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> None:
        self.fn, self.args, self.kwargs = fn, args, dict(kwargs or {})
        update_wrapper(cast(Any, self), fn)

    def withArgs(self, *args: Any, **kwargs: Any) -> _Renderer:
        """The same function with (rendered) arguments after the properties."""
        return _Renderer(self.fn, (*self.args, *args), {**self.kwargs, **kwargs})

    @_tasks.promised
    async def getRenderingFor(self, props: Any) -> Any:
        """The value."""
        args, kwargs = await render(list(self.args), props), await render(self.kwargs, props)
        value = await _tasks.awaited(self.fn(props, *args, **kwargs))
        return await render(value, props)

    def __repr__(self) -> str:
        return f"renderer({getattr(self.fn, '__name__', self.fn)!s})"


def renderer(fn: Callable[..., Any]) -> _Renderer:
    """Decorator: the function is called with the properties, and its answer is the value.

    The function may be ``async`` and may return a renderable.

    Example:
        >>> @renderer
        ... def jobs(props):
        ...     return ["make", "-j", str(props.getProperty("cpus", 1))]
    """
    if not callable(fn):
        report(f"renderer decorates a function, not {fn!r}")
    return _Renderer(fn)


def _check_name(name: object) -> None:
    if not isinstance(name, str):
        raise TypeError(f"a property name must be a string, not {name!r}")
    if len(name) > 256:
        raise ValueError(f'property name "{name[:40]}..." is longer than 256 characters')


def _check_value(name: str, value: Any) -> None:
    try:
        json.dumps(value)
    except (TypeError, ValueError) as error:
        text = f'property "{name}" must be plain data (JSON) or a renderable, not {value!r}'
        raise TypeError(text) from error


for _class in (Interpolate, Property, Secret, Transform, FlattenList, WithProperties, _Renderer):
    know_renderable(_class)
