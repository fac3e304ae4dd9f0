# SPDX-License-Identifier: MIT
"""Who logs in with Perspective Broker and is no worker: senders of changes and of try jobs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report, warn
from buildbot_cfg._where import Location, place
from buildbot_cfg.changes.pb import PBChangeSource
from buildbot_cfg.process._rendering import holds_renderable
from buildbot_cfg.schedulers.trysched import Try_Userpass


@dataclass(slots=True)
class PbClientView:
    """One user of one port."""

    port: str
    user: str
    password: str
    #: Of try jobs; empty: sends changes.
    scheduler: str = ""
    prefix: str | None = None


def pb_clients(
    sources: Iterable[Any], schedulers: Iterable[Any], pb_ports: list[str], workers: Iterable[str]
) -> list[PbClientView]:
    """Checks the users of change sources and schedulers."""
    taken: dict[tuple[str, str], str] = {}
    for text in pb_ports:
        taken |= {(_endpoint(text), worker): f'worker "{worker}"' for worker in workers}
    found: list[PbClientView] = []
    for source in sources:
        if isinstance(source, PBChangeSource):
            port = _port(source.port, pb_ports, source.label, source.location)
            one = (source.user, source.passwd)
            found += _users(port, [one], source.label, source.location, taken, prefix=source.prefix)
    for scheduler in schedulers:
        if isinstance(scheduler, Try_Userpass):
            where = place(scheduler)
            try_port = _port(scheduler.port, [], scheduler.label, where)
            users = scheduler.userpass
            found += _users(
                try_port, users, scheduler.label, where, taken, scheduler=scheduler.name
            )
    return found


def _port(given: Any, pb_ports: list[str], label: str, where: Location) -> str | None:
    if given is None and pb_ports:
        return pb_ports[0]
    if given is None:
        report('"port" is missing, and c["protocols"]["pb"] has none', label, where)
    elif isinstance(given, bool) or not isinstance(given, (int, str)):
        report(f'"port" must be an integer or a string, not {shown(given)}', label, where)
    else:
        return str(given)
    return None


def _users(
    port: str | None,
    users: Any,
    label: str,
    where: Location,
    taken: dict[tuple[str, str], str],
    **more: Any,
) -> list[PbClientView]:
    found: list[PbClientView] = []
    if port is None:
        return found
    if not isinstance(users, (list, tuple)):
        report(f'"userpass" must be a list of (user, password), not {shown(users)}', label, where)
        return found
    for pair in users:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            what = f'"userpass" must be a list of (user, password), {shown(pair)} is none'
            report(what, label, where)
            continue
        user, password = pair
        if holds_renderable(user) or holds_renderable(password):
            what = "a secret as user or password is not known here in this version: nobody gets in"
            warn(what, label, where)
        elif not isinstance(user, str) or not isinstance(password, str) or not user:
            what = f"user and password must be strings, not {shown(user)} and {shown(password)}"
            report(what, label, where)
        elif (_endpoint(port), user) in taken:
            what = f'the user "{user}" of port {port} is that of {taken[_endpoint(port), user]}'
            report(what, label, where)
        else:
            taken[_endpoint(port), user] = label
            found.append(PbClientView(port, user, password, **more))
    return found


def _endpoint(port: str) -> str:
    return f"tcp:{port}" if port.isdigit() else port
