# SPDX-License-Identifier: MIT
"""The checked configuration as the core reads it (the shape is part of the Python border)."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from buildbot_cfg import _keys
from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report, warn
from buildbot_cfg._lock_circles import locks_of
from buildbot_cfg._outside import Unresolved
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg._view_builders import BuilderView, builder_views, collapse_of
from buildbot_cfg._view_locks import LockView
from buildbot_cfg._view_pb import PbClientView, pb_clients
from buildbot_cfg._view_schedulers import SchedulerView, scheduler_views
from buildbot_cfg._view_services import (
    change_sources,
    check_others,
    configure,
    no_auth,
    services,
    with_new_keys,
    www_defaults,
)
from buildbot_cfg._view_workers import WorkerView, class_path, worker_views
from buildbot_cfg._where import Location, place
from buildbot_cfg.plugins._inactive import DIALECTS, TEXT, warn_if_inactive
from buildbot_cfg.process._rendering import holds_renderable, is_renderable
from buildbot_cfg.revlinks import default_revlink_matcher

Sourced = dict[str, tuple[Any, str]]


class Lines:
    """On which line of the file a key is set, as far as one can see it."""

    def __init__(self, tree: ast.AST, path: str) -> None:
        self._path = path
        self._lines: dict[object, int] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                for key in node.keys:
                    self._note(key)
            elif isinstance(node, ast.keyword):
                self._lines.setdefault(node.arg, node.lineno)
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                self._note(node.slice, over=True)

    def _note(self, key: ast.AST | None, over: bool = False) -> None:
        if isinstance(key, ast.Constant) and (over or key.value not in self._lines):
            self._lines[key.value] = key.lineno

    def __call__(self, key: Any) -> Location:
        """File and line; line 0 when unknown."""
        return self._path, self._lines.get(key, 0)


@dataclass(slots=True)
class ConfigView:
    """Everything of a configuration."""

    title: str = "Buildbot"
    title_url: str = ""
    buildbot_url: str = ""
    db_url: str = "sqlite:///state.sqlite"
    pb_ports: list[str] = field(default_factory=list)
    msgpack_ports: list[str] = field(default_factory=list)
    www: dict[str, Any] = field(default_factory=dict)
    properties: Sourced = field(default_factory=dict)
    collapse: str = "rule"
    builders: list[BuilderView] = field(default_factory=list)
    workers: list[WorkerView] = field(default_factory=list)
    schedulers: list[SchedulerView] = field(default_factory=list)
    #: That lists name which are not rendered.
    locks: list[LockView] = field(default_factory=list)
    change_sources: list[tuple[str, str]] = field(default_factory=list)
    #: Functions of the user's fill in what a change leaves open.
    completes_changes: bool = False
    warnings: list[str] = field(default_factory=list)
    basedir: str = ""
    #: Who logs in at workers' ports or others without being a worker.
    pb_clients: list[PbClientView] = field(default_factory=list)
    #: The schedulers that decide in Python, which ``activate`` starts.
    scripted: list[Any] = field(default_factory=list)
    #: The change sources themselves, which ``activate`` starts.
    sources: list[Any] = field(default_factory=list)
    #: Texts that are known only when the secrets are.
    unresolved: list[Unresolved] = field(default_factory=list)
    #: Also those that are not active.
    all_change_sources: list[Any] = field(default_factory=list)
    #: The services that ``activate`` starts.
    services: list[Any] = field(default_factory=list)
    #: prioritizeBuilders, or None.
    builder_order: Any = None
    #: What KilnbotConfig sets, with defaults.
    settings: dict[str, Any] = field(default_factory=dict)
    #: The checked values of all keys.
    values: dict[str, Any] = field(default_factory=dict)
    #: It sets ``buildbotNetUsageData``.
    tells_about_usage: bool = False

    @property
    def www_given(self) -> dict[str, Any]:
        """``c["www"]`` with defaults."""
        return {**www_defaults(), **self.values["www"]}


def view_of(given: Any, path: str, lines: Lines) -> ConfigView | None:
    """Checks ``BuildmasterConfig`` and makes the view; what is wrong is reported."""
    if not isinstance(given, dict):
        report(f"BuildmasterConfig must be a dict, not {shown(given)}", where=(path, 0))
        return None
    given = with_new_keys(given, lines)
    configure(given, lines("configurators"))
    values = _keys.checked(given, _keys.TOP, 'c["{}"]', lines)
    view = ConfigView(title=values["title"], values=values)
    view.tells_about_usage = "buildbotNetUsageData" in given
    view.title_url = _with_slash(values["titleURL"])
    view.buildbot_url = _with_slash(values["buildbotURL"])
    view.db_url = _database(values, lines)
    ports = _ports(values["protocols"], lines("protocols"))
    view.pb_ports, view.msgpack_ports = ports["pb"], ports["msgpack_experimental_v7"]
    view.www = _www(values["www"], lines)
    view.properties = _properties(values["properties"], path, lines("properties"))
    view.completes_changes = (
        values["codebaseGenerator"] is not None
        or values["revlink"] not in (None, default_revlink_matcher)  # the core has those itself
    )
    view.builder_order = values["prioritizeBuilders"]
    view.collapse = collapse_of(values["collapseRequests"])
    view.workers = worker_views(values["workers"], lines("workers"))
    view.all_change_sources = change_sources(values["change_source"], lines("change_source"))
    view.sources = [
        s for s in view.all_change_sources if not warn_if_inactive(s, s.label, s.location)
    ]
    view.change_sources = [(s.name, class_path(s)) for s in view.sources]
    view.services = services(values["services"], lines("services"))
    check_others(values, lines)
    view.builders = builder_views(values, view.workers, lines, path)
    view.locks = locks_of(values["builders"], values["workers"])
    view.unresolved = _unresolved(values, view, lines)
    view.schedulers = scheduler_views(values, view.builders, lines)
    view.pb_clients = pb_clients(
        view.sources, values["schedulers"], view.pb_ports, [w.name for w in view.workers]
    )
    scripted = {one.name for one in view.schedulers if one.kind == "scripted"}
    if scripted:
        view.scripted = [s for s in values["schedulers"] if getattr(s, "name", None) in scripted]
    _check_caches(values, lines)
    _check_presence(values, view, lines)
    return view


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else url + "/"


def _database(values: dict[str, Any], lines: Lines) -> str:
    given = values["db"]
    if given is None:
        return values["db_url"] or "sqlite:///state.sqlite"
    known = ("db_url", "engine_kwargs")
    for key in given.keys() - set(known):
        report(f"unknown key{did_you_mean(str(key), known)}", f'c["db"]["{key}"]', lines(key))
    url = given.get("db_url", "sqlite:///state.sqlite")
    if is_renderable(url):
        return ""  # see _unresolved
    if not isinstance(url, str):
        report(f"must be a string, not {shown(url)}", 'c["db"]["db_url"]', lines("db_url"))
        return ""
    return url


def _ports(protocols: dict[Any, Any], where: Location) -> dict[str, list[str]]:
    ports: dict[str, list[str]] = {"pb": [], "msgpack_experimental_v7": []}
    seen: set[str] = set()
    for name, options in protocols.items():
        label = f'c["protocols"]["{name}"]'
        if not isinstance(name, str) or not isinstance(options, dict):
            report(f"must be a dict, not {shown(options)}", label, where)
            continue
        port = options.get("port")
        if port is None:
            if name in ports:
                report('"port" is missing', label, where)
            continue
        if isinstance(port, bool) or not isinstance(port, (int, str)):
            report(f'"port" must be an integer or a string, not {shown(port)}', label, where)
            continue
        text = str(port)
        endpoint = f"tcp:{text}" if text.isdigit() else text
        if endpoint in seen:
            report(f"the port {text} is used twice", label, where)
        seen.add(endpoint)
        if name in ports:
            ports[name].append(text)
    return ports


def _www(given: dict[Any, Any], lines: Lines) -> dict[str, Any]:
    values = _keys.checked(given, _keys.WWW, 'c["www"]["{}"]', lines)
    dialects = values["change_hook_dialects"]
    for dialect in dialects:
        if dialect in DIALECTS:
            warn(TEXT, f'c["www"]["change_hook_dialects"]["{dialect}"]', lines(dialect))
    port = values["port"]
    settings = {key: plain for key, v in given.items() if (plain := _plain(v)) is not None}
    return {
        "port": None if port is None else str(port),
        "settings": {
            k: v for k, v in settings.items() if k not in ("port", "change_hook_dialects")
        },
        "hook_base": bool(dialects.get("base")),
        "allowed_origins": [str(origin) for origin in values["allowed_origins"]],
        "json_cache_seconds": values["json_cache_seconds"],
        **_logins(values["auth"], values["authz"], lines),
        "session_seconds": max(0, int(values["cookie_expiration_time"].total_seconds())),
    }


def _logins(auth: Any, authz: Any, lines: Lines) -> dict[str, Any]:
    if auth is None and authz is None:
        return {"auth": no_auth(), "authz": None}
    from buildbot_cfg._view_www import auth_view, authz_view

    return {"auth": auth_view(auth, lines("auth")), "authz": authz_view(authz, lines("authz"))}


def _plain(value: Any) -> Any:
    if isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item) for key, item in value.items()}
    return None


def _properties(given: dict[Any, Any], path: str, where: Location) -> Sourced:
    usable: Sourced = {}
    for name, value in given.items():
        if not isinstance(name, str):
            report(f"names must be strings, not {shown(name)}", 'c["properties"]', where)
        elif is_renderable(value):
            usable[name] = (None, path)  # each build has its own value
        elif holds_renderable(value):
            what = f'property "{name}" holds a renderable: only a whole value can be one'
            report(what, 'c["properties"]', where)
        else:
            usable[name] = (value, path)
    return usable


def _unresolved(values: dict[str, Any], view: ConfigView, lines: Lines) -> list[Unresolved]:
    found: list[Unresolved] = []
    if is_renderable(url := (values["db"] or {}).get("db_url")):
        put = partial(setattr, view, "db_url")
        found.append(Unresolved('c["db"]["db_url"]', lines("db_url"), url, put))
    by_name = {worker.name: worker for worker in view.workers}
    for worker in values["workers"]:
        given = getattr(worker, "password", None)
        if is_renderable(given) and worker.name in by_name:
            put = partial(setattr, by_name[worker.name], "password")
            found.append(Unresolved(worker.label, place(worker), given, put))
    auth = values["www"].get("auth")
    for user, password in getattr(auth, "secret_users", {}).items():
        put = partial(view.www["auth"]["passwords"].__setitem__, user)
        found.append(Unresolved(f'user "{user}"', auth.location, password, put))
    return found


def _check_caches(values: dict[str, Any], lines: Lines) -> None:
    caches = values["caches"]
    legacy = [k for k in ("buildCacheSize", "changeCacheSize") if values[k] is not None]
    if caches is None:
        return
    for key in legacy:
        report('excludes c["caches"]', f'c["{key}"]', lines(key))
    for name, size in caches.items():
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            what = f"must be an integer of at least 1, not {shown(size)}"
            report(what, f'c["caches"]["{name}"]', lines("caches"))


def _check_presence(values: dict[str, Any], view: ConfigView, lines: Lines) -> None:
    if values["multiMaster"]:
        return
    if not values["builders"]:
        report("no builders are configured", 'c["builders"]', lines("builders"))
    if not values["workers"]:
        report("no workers are configured", 'c["workers"]', lines("workers"))
    elif not (view.pb_ports or view.msgpack_ports or "null" in values["protocols"]):
        what = (
            "workers are configured, but no port for them: c['protocols'] = {'pb': {'port': 9989}}"
        )
        report(what, 'c["protocols"]', lines("protocols"))
