# SPDX-License-Identifier: MIT
"""Services: long-lived Python parts of a configuration.

A service gets its arguments twice: ``checkConfig`` looks at them while the file is read,
``reconfigService`` takes them over when the configuration begins to be used, and again whenever a
later configuration gives its namesake other ones.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, ClassVar

from buildbot_cfg._checks import shown
from buildbot_cfg._declared import Declared, check_service, is_function_of_ours, quoted
from buildbot_cfg._errors import report
from buildbot_cfg._tasks import awaited, done, started
from buildbot_cfg._where import Location, user_frame
from buildbot_cfg.process._rendering import holds_renderable, render
from buildbot_cfg.util import ComparableMixin, bytes2unicode

__all__ = [
    "AsyncMultiService",
    "AsyncService",
    "BuildbotService",
    "BuildbotServiceManager",
    "ClusteredBuildbotService",
    "ReconfigurableServiceMixin",
    "SharedService",
]


class ReconfigurableServiceMixin:
    """Takes over parts of a configuration."""

    reconfig_priority = 128

    def reconfigServiceWithBuildbotConfig(self, new_config: Any) -> Any:
        """Called when a configuration begins to be used."""
        return done()


class AsyncService:
    """Something that is started and stopped, alone or with its parent."""

    name: str | None = None
    running: Any = False
    parent: Any = None

    @property
    def master(self) -> Any:
        """The running master."""
        from buildbot_cfg._master import MASTER

        return MASTER

    def setName(self, name: str) -> None:
        """Gives it a name."""
        self.name = name

    @started
    async def setServiceParent(self, parent: Any) -> None:
        """Becomes a child of another service, and runs when that one does."""
        if self.parent is not None:
            await awaited(self.disownServiceParent())
        self.parent = parent
        await awaited(parent.addService(self))

    @started
    async def disownServiceParent(self) -> None:
        """Stops, and has no parent any more."""
        parent, self.parent = self.parent, None
        await awaited(parent.removeService(self))

    def startService(self) -> Any:
        """Begins; may be async."""
        self.running = True
        return done()

    def stopService(self) -> Any:
        """Ends; may be async."""
        self.running = False
        return done()


class AsyncMultiService(AsyncService):
    """A service with children, which are started after it and stopped before it."""

    def __init__(self) -> None:
        self.services: list[Any] = []
        self.namedServices: dict[str, Any] = {}
        self.parent = None

    @started
    async def startService(self) -> None:
        """Starts the children too."""
        self.running = True
        for service in list(self.services):
            await awaited(service.startService())

    @started
    async def stopService(self) -> None:
        """Stops the children first, the newest before the others."""
        for service in reversed(self.services):
            await awaited(service.stopService())
        self.running = False

    def addService(self, service: Any) -> Any:
        """Takes a child; starts it when this service runs.

        Raises:
            RuntimeError: a child has this name already.
        """
        if service.name is not None:
            if service.name in self.namedServices:
                raise RuntimeError(f"cannot have two services with the name {service.name!r}")
            self.namedServices[service.name] = service
        self.services.append(service)
        return service.startService() if self.running else done()

    def removeService(self, service: Any) -> Any:
        """Gives a child up; stops it when this service runs."""
        if service.name is not None:
            self.namedServices.pop(service.name, None)
        self.services.remove(service)
        return service.stopService() if self.running else done()

    def getServiceNamed(self, name: str) -> Any:
        """The child of this name."""
        return self.namedServices[name]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.services)


class BuildbotService(
    AsyncMultiService, ComparableMixin, ReconfigurableServiceMixin, metaclass=Declared
):
    """A part of the configuration that runs as long as it is configured: ``c["services"]``.

    Subclasses implement ``checkConfig`` and ``reconfigService`` with the arguments that they take
    (both may be left out), and ``startService`` and ``stopService``.

    Args:
        name: unique among the services of a kind; required unless the class has one.

    Example:
        >>> class Hello(BuildbotService):
        ...     name = "hello"
        ...     def checkConfig(self, greeting="hello"):
        ...         if not greeting:
        ...             error("a greeting is needed")
        >>> Hello(greeting="good morning").getConfigDict()["kwargs"]
        {'greeting': 'good morning'}
    """

    compare_attrs: ClassVar[Any] = ("name", "_config_args", "_config_kwargs")
    name: str | None = None
    configured = False
    objectid: int | None = None
    #: How messages call such an object; by default the class.
    _kind: ClassVar[str | None] = None
    _call_is_checked_by = "checkConfig"
    _call_goes_on = True
    _call_also_takes = ("name",)
    #: Arguments that getConfigDict gives by position, however they were given.
    _by_position: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        AsyncMultiService.__init__(self)
        #: Where the user's file makes it.
        self.location: Location = user_frame()
        name = kwargs.get("name")
        if name is not None and not isinstance(name, (str, bytes)):
            report(f'"name" must be a string, not {shown(name)}', type(self).__name__)
        elif name:
            self.name = bytes2unicode(name)
        if not self._takes_name():
            kwargs.pop("name", None)
        self._config_args, self._config_kwargs = args, kwargs
        cls = type(self)
        if is_function_of_ours(cls.checkConfig) and is_function_of_ours(cls.reconfigService):
            self.checkConfig(*args, **kwargs)
        else:
            check_service(self, args, kwargs)
        if self.name is None:
            self.name = self._default_name()

    @property
    def label(self) -> str:
        """How messages call it."""
        return quoted(self._kind or type(self).__name__, self.name)

    def _takes_name(self) -> bool:
        function = type(self).checkConfig
        if is_function_of_ours(function):
            code = function.__code__
            return "name" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        try:
            return "name" in inspect.signature(self.checkConfig).parameters
        except (TypeError, ValueError):
            return False

    def _default_name(self) -> str:
        what = 'argument "name" is missing: must pass a name to constructor'
        report(what, type(self).__name__)
        return type(self).__name__

    def getConfigDict(self) -> dict[str, Any]:
        """Its name, its class and the arguments that it was made with."""
        cls = type(self)
        path = f"{cls.__module__}.{cls.__name__}".replace("buildbot_cfg.", "buildbot.", 1)
        args, kwargs = self._config_args, dict(self._config_kwargs)
        kwargs.pop("name", None)
        for name in self._by_position[len(args) :]:
            if name not in kwargs:
                break
            args += (kwargs.pop(name),)
        return {"name": self.name, "class": path, "args": args, "kwargs": kwargs}

    def checkConfig(self, *args: Any, **kwargs: Any) -> Any:
        """Reports what is wrong with the arguments."""

    def reconfigService(self, *args: Any, **kwargs: Any) -> Any:
        """Takes over the arguments; may be async."""
        return done()

    def canReconfigWithSibling(self, sibling: Any) -> bool:
        """Whether its namesake in a new configuration may hand over its arguments."""
        mine, other = type(self), type(sibling)
        return (mine.__module__, mine.__qualname__) == (other.__module__, other.__qualname__)

    @started
    async def reconfigServiceWithSibling(self, sibling: Any) -> None:
        """Takes over the arguments of its namesake."""
        if self.configured and self.is_same_as(sibling):
            return
        self.configured = True
        self._config_args, self._config_kwargs = sibling._config_args, sibling._config_kwargs
        self.location = sibling.location
        args = [await self._rendered(arg) for arg in sibling._config_args]
        kwargs = {key: await self._rendered(v) for key, v in sibling._config_kwargs.items()}
        await awaited(self.reconfigService(*args, **kwargs))

    @started
    async def configureService(self) -> None:
        """Takes over the arguments that it was made with."""
        await awaited(self.reconfigServiceWithSibling(self))

    @started
    async def renderSecrets(self, *args: Any) -> Any:
        """The values with secrets and other renderables filled in; one value alone stays alone."""
        values = [await self._render(arg) for arg in args]
        return values[0] if len(values) == 1 else values

    async def _rendered(self, value: Any) -> Any:
        from buildbot_cfg.process.properties import Secret

        return await self._render(value) if isinstance(value, Secret) else value

    async def _render(self, value: Any) -> Any:
        from buildbot_cfg.process.properties import Properties

        if not holds_renderable(value):
            return value
        properties = Properties()
        properties.master = self.master
        return await render(value, properties)

    # What the registry of running services calls (see buildbot_cfg._services).

    def is_same_as(self, other: Any) -> bool:
        """Whether the other one was made in the same way."""
        if type(self) is not type(other) or self.name != other.name:
            return False
        mine = (self._config_args, self._config_kwargs)
        return same(mine, (other._config_args, other._config_kwargs))

    async def start(self) -> None:
        """Begins to be used."""
        if not self.configured:
            await awaited(self.configureService())
        await awaited(self.startService())

    async def reconfigure(self, new: Any) -> None:
        """Takes over the arguments of its namesake in a new configuration."""
        await awaited(self.reconfigServiceWithSibling(new))

    async def stop(self) -> None:
        """Ends."""
        await awaited(self.stopService())


def same(one: Any, other: Any) -> bool:
    """Whether arguments are equal."""
    # Renderables compare lazily: `==` gives a renderable, which is always true.
    if holds_renderable(one) or holds_renderable(other):
        return repr(one) == repr(other)
    return bool(one == other)


class ClusteredBuildbotService(BuildbotService):
    """A service of which only one runs in a cluster of masters: with one master, this one."""

    POLL_INTERVAL_SEC = 300
    serviceid: int | None = None
    active = False

    def isActive(self) -> bool:
        """Whether it runs here."""
        return self.active

    def activate(self) -> Any:
        """Begins its work here; may be async."""
        return done()

    def deactivate(self) -> Any:
        """Ends its work here; may be async."""
        return done()

    @started
    async def startService(self) -> None:
        """Begins."""
        await awaited(super().startService())
        self.active = True
        await awaited(self.activate())

    @started
    async def stopService(self) -> None:
        """Ends."""
        if self.active:
            self.active = False
            await awaited(self.deactivate())
        await awaited(super().stopService())


class SharedService(AsyncMultiService):
    """A service that all who ask with the same arguments share."""

    @classmethod
    def getName(cls, *args: Any, **kwargs: Any) -> str:
        """A name that is different for different arguments."""
        return f"{cls.__name__}-{args!r}-{sorted(kwargs.items())!r}"

    @classmethod
    @started
    async def getService(cls, parent: Any, *args: Any, **kwargs: Any) -> Any:
        """The one for these arguments; made and started when there is none."""
        name = cls.getName(*args, **kwargs)
        if name in parent.namedServices:
            return parent.namedServices[name]
        made = cls(*args, **kwargs)
        made.setName(name)
        await awaited(made.setServiceParent(parent))
        return made


class BuildbotServiceManager(AsyncMultiService, ReconfigurableServiceMixin):
    """A service whose children come from a key of the configuration."""

    config_attr = "services"
    name = "services"

    def getConfigDict(self) -> dict[str, Any]:
        """Its name, and what its children say."""
        return {"name": self.name, "childs": [child.getConfigDict() for child in self.services]}
