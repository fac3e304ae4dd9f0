# SPDX-License-Identifier: MIT
"""Spellings of older Buildbot versions: what they are called today.

By default each is an error that names the new spelling. ``KilnbotConfig["lenient"] = True`` accepts
those whose meaning is beyond doubt, with a warning.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from buildbot_cfg._bridge import set_lenient
from buildbot_cfg._suggest import did_you_mean

#: Arguments that were renamed, whoever takes them.
ARGUMENTS = {
    "buildslaveName": "workername",
    "mergeRequests": "collapseRequests",
    "pollinterval": "pollInterval",
    "slavebuilddir": "workerbuilddir",
    "slavedest": "workerdest",
    "slavename": "workername",
    "slavenames": "workernames",
    "slavesrc": "workersrc",
    "wantLogs": "want_logs",
    "wantProperties": "want_properties",
    "wantSteps": "want_steps",
}
_GENERATORS = "generators=[reporters.BuildStatusGenerator({})]"
_FORMATTERS = (
    "generators=[reporters.BuildStartEndStatusGenerator("
    + "{}=reporters.MessageFormatterRenderable(...))]"
)
#: Arguments that became something else: where it is said now.
MOVED = {
    "add_logs": "say want_logs_content of the message formatter",
    "addLogs": "say want_logs_content of the message formatter",
    "builders": "say " + _GENERATORS.format("builders=[...]"),
    "buildSetSummary": "say generators=[reporters.BuildSetStatusGenerator(...)]",
    "category": "say tags=[...]",
    "endDescription": "say " + _FORMATTERS.format("end_formatter"),
    "format_fn": "say the generator's message formatter: reporters.MessageFormatterFunction(...)",
    "messageFormatter": "say " + _GENERATORS.format("message_formatter=..."),
    "messageFormatterMissingWorker": (
        "say generators=[reporters.WorkerMissingGenerator(message_formatter=...)]"
    ),
    "mode": "say " + _GENERATORS.format("mode=..."),
    "reviewArg": "say generators=[...] with a message formatter",
    "reviewCB": "say generators=[...] with a message formatter",
    "startDescription": "say " + _FORMATTERS.format("start_formatter"),
    "subject": "say the message formatter's subject",
    "template_dir": "give the template's text: template=...",
    "template_filename": "give the template's text: template=...",
    "watchedWorkers": "say generators=[reporters.WorkerMissingGenerator(workers=...)]",
    "password_hash": "say password",
}
#: Only these classes had the argument (a class's name or the end of it).
_OWNERS = {
    "builders": ("Notifier", "Push", "Bot"),
    "category": ("BuilderConfig", "builder"),
    "mode": ("Notifier",),
    "subject": ("Notifier", "Generator"),
}
#: Positional arguments that are keywords today.
POSITIONAL = {
    "Nightly": ("minute", "hour", "dayOfMonth", "month", "dayOfWeek"),
    "Periodic": ("periodicBuildTimer",),
}
_ATTRIBUTES = {
    "parms": "the arguments of a step need no list any more: write __init__(self, **kwargs), and "
    "name those that are rendered in `renderables`",
}
#: Modules that are gone, and what to import instead.
MODULES = {
    "buildbot.buildslave": 'from buildbot.plugins import worker: worker.Worker (was "BuildSlave")',
    "buildbot.process.mtrlogobserver": "from buildbot.plugins import steps: steps.MTR is gone",
    "buildbot.process.slavebuilder": "buildbot.process.workerforbuilder",
    "buildbot.slave": 'from buildbot.plugins import worker: worker.Worker (was "BuildSlave")',
    "buildbot.status": (
        'from buildbot.plugins import reporters, and c["services"] (was c["status"])'
    ),
    "buildbot.status.builder": "from buildbot.process.results import SUCCESS, FAILURE ...",
    "buildbot.status.results": "from buildbot.process.results import SUCCESS, FAILURE ...",
    "buildbot.status.web": 'c["www"], and from buildbot.plugins import util: util.Authz ...',
    "buildbot.status.html": 'c["www"] = {"port": 8010}',
    "buildbot.status.mail": "from buildbot.plugins import reporters: reporters.MailNotifier",
    "buildbot.status.words": "from buildbot.plugins import reporters: reporters.IRC",
    "buildbot.steps.mtrlogobserver": "the step MTR is gone since Buildbot 4",
    "buildbot.steps.slave": "buildbot.steps.worker",
}
#: Names that modules of today had, and what to import instead.
NAMES = {
    "buildbot.interfaces:IStatusReceiver": "reporters have no interface: derive from "
    "buildbot.reporters.base.ReporterBase",
    "buildbot.locks:SlaveLock": "from buildbot.plugins import util: util.WorkerLock",
    "buildbot.process.buildstep:LogLineObserver": "from buildbot.process.logobserver import it",
    "buildbot.process.buildstep:LogObserver": "from buildbot.process.logobserver import it",
    "buildbot.process.buildstep:LoggingBuildStep": "from buildbot.plugins import steps: "
    "steps.BuildStep with the mixin buildbot.process.buildstep.ShellMixin",
    "buildbot.process.buildstep:OutputProgressObserver": "from buildbot.process.logobserver "
    "import it",
    "buildbot.process.buildstep:RemoteCommand": "from buildbot.process.remotecommand import it",
    "buildbot.process.buildstep:RemoteShellCommand": "from buildbot.process.remotecommand "
    "import it",
    "buildbot.schedulers.forcesched:BuildslaveChoiceParameter": "from buildbot.plugins import "
    "util: util.WorkerChoiceParameter",
    "buildbot.steps.shell:SetProperty": "from buildbot.plugins import steps: "
    "steps.SetPropertyFromCommand runs a command, steps.SetProperty takes a value",
    "buildbot.steps.source:Git": "from buildbot.plugins import steps: steps.Git",
}
#: Of these, the modules that have the same names as a module of today.
SAME_AS = {
    "buildbot.status.builder": "buildbot_cfg.process.results",
    "buildbot.status.results": "buildbot_cfg.process.results",
    "buildbot.steps.slave": "buildbot_cfg.steps.worker",
}
#: Of these, the packages: what they held tells for itself.
PACKAGES = ("buildbot.status",)
#: Top-level keys: the new one, and how its value follows from the old one's.
KEYS: dict[str, tuple[str, Any]] = {
    "slaves": ("workers", lambda value: value),
    "slavePortnum": ("protocols", lambda value: {"pb": {"port": value}}),
    "mergeRequests": ("collapseRequests", lambda value: value),
    "projectName": ("title", lambda value: value),
    "projectURL": ("titleURL", lambda value: value),
}
#: Top-level keys that became something else.
MOVED_KEYS = {
    "debugPassword": "the debug client is gone: leave it out",
    "eventHorizon": 'see util.JanitorConfigurator in c["configurators"]',
    "buildHorizon": 'see util.JanitorConfigurator in c["configurators"]',
    "logHorizon": 'see util.JanitorConfigurator(logHorizon=...) in c["configurators"]',
    "status": 'reporters are in c["services"], the web server is c["www"]',
    "graphql": "there is no GraphQL any more: leave it out",
}


class _Mode(threading.local):
    lenient = False


_mode = _Mode()


@contextmanager
def lenient(yes: bool) -> Iterator[None]:
    """While it lasts, this thread takes old spellings with a warning."""
    for name in (*SAME_AS, *PACKAGES):  # imported by an earlier configuration
        sys.modules.pop(name, None)
    outer, _mode.lenient = _mode.lenient, yes
    set_lenient(yes)
    try:
        yield
    finally:
        _mode.lenient = outer
        set_lenient(outer)


def is_lenient() -> bool:
    """Whether old spellings are taken now."""
    return _mode.lenient


def renamed(
    cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments with today's names, when old ones are taken."""
    if not _mode.lenient:
        return args, kwargs
    given = dict(kwargs)
    for old in [key for key in given if key in ARGUMENTS or _is_category(cls, key)]:
        known = set(cls.__signature__.parameters)  # type: ignore[attr-defined]
        new = ARGUMENTS.get(old, "tags")
        if old in known or new not in known or new in given:
            continue
        value = given.pop(old)
        given[new] = [value] if old == "category" else value
        _warn(f'"{old}" is called "{new}" today', cls)
    names = POSITIONAL.get(cls.__name__, ())
    if len(args) > 2 and len(args) - 2 <= len(names):
        for name, value in zip(names, args[2:], strict=False):
            given.setdefault(name, value)
        args = args[:2]
        _warn(f"arguments after the second must be named: {', '.join(names)}", cls)
    return args, given


def _is_category(cls: type, key: str) -> bool:
    return key == "category" and cls.__name__ == "BuilderConfig"


def _warn(what: str, cls: type) -> None:
    from buildbot_cfg._errors import warn

    warn(what, cls.__name__)


def argument_hint(label: str, key: str, known: Collection[str]) -> str:
    """Text to append to "unknown argument", or the empty string."""
    if (new := ARGUMENTS.get(key)) in known:
        return f' (did you mean "{new}"?)'
    owner = label.split(" ", 1)[0]
    if key in MOVED and (key not in _OWNERS or owner.endswith(_OWNERS[key])):
        return f" (it has moved: {MOVED[key]})"
    return ""


def attribute_text(cls: type, name: str) -> str:
    """Why a class lacks an attribute."""
    text = f"type object '{cls.__name__}' has no attribute '{name}'"
    return f"{text}: {_ATTRIBUTES[name]}" if name in _ATTRIBUTES else text


_CANNOT_IMPORT = re.compile(
    r"cannot import name '(\w+)' from 'buildbot(?:_cfg)?([\w.]*)'( \(.*\))?"
)


def import_text(error: ImportError) -> str:
    """What cannot be imported from which module, and what to say instead."""
    text = str(error)
    if (match := _CANNOT_IMPORT.fullmatch(text)) is None:
        return text
    name, module = match[1], "buildbot" + match[2]
    told = f"cannot import name '{name}' from '{module}'"
    if (instead := NAMES.get(f"{module}:{name}")) is not None:
        return f"{told}: {instead}"
    return told + did_you_mean(name, dir(sys.modules.get(module)))


def module_hint(name: str) -> str:
    """What to import instead of a module that is gone, or the empty string."""
    parts = name.split(".")
    for count in range(len(parts), 1, -1):
        found = MODULES.get(".".join(parts[:count]))
        if found is not None:
            return found
    if name == "buildbot.test" or name.startswith("buildbot.test."):
        return "Buildbot's test helpers do not fit Kilnbot: see buildbot_cfg.testing"
    return ""
