# SPDX-License-Identifier: MIT
"""Secrets outside of builds: passwords of workers and users, the database's URL.

A configuration that is only looked at (``checkconfig``) leaves them open; one that is to be used
asks the secret providers before the core reads it.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from buildbot_cfg._errors import Problem
from buildbot_cfg._where import Location
from buildbot_cfg.process._rendering import render
from buildbot_cfg.process.properties import Properties
from buildbot_cfg.secrets.manager import SecretManager

#: Seconds for all providers together.
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A text of the configuration that is known only when the secrets are."""

    label: str
    where: Location
    value: Any
    put: Callable[[str], None]


class _Providers:
    """What renderables see of a master that is not there yet."""

    def __init__(self, secrets: SecretManager) -> None:
        self.secrets = secrets


async def resolve(unresolved: list[Unresolved], providers: list[Any]) -> list[Problem]:
    """Asks the providers, and puts the texts where they belong; returns what went wrong."""
    from buildbot_cfg._master import MASTER

    secrets = SecretManager()
    secrets.services = list(MASTER.secrets.services)
    try:
        failed = await asyncio.wait_for(secrets.configure(providers), PATIENCE)
    except asyncio.TimeoutError:
        return [_problem(unresolved[0].where, "", _SILENT)]
    if failed:
        return [
            _problem(provider.location, provider.label, f"does not work: {_told(error)}")
            for provider, error in failed
        ]
    found = await asyncio.gather(*(_resolve(text, secrets) for text in unresolved))
    return [problem for problem in found if problem is not None]


_SILENT = f"the secret providers did not answer within {PATIENCE:.0f} s"


async def _resolve(text: Unresolved, secrets: SecretManager) -> Problem | None:
    properties = Properties()
    properties.master = _Providers(secrets)
    try:
        value = await asyncio.wait_for(render(text.value, properties), PATIENCE)
    except asyncio.TimeoutError:
        return _problem(text.where, text.label, _SILENT)
    except Exception as error:
        return _problem(text.where, text.label, _told(error))
    if not isinstance(value, str):
        what = f"the renderable gives a {type(value).__name__} instead of a string"
        return _problem(text.where, text.label, what)
    text.put(value)
    return None


def _problem(where: Location, label: str, what: str) -> Problem:
    return Problem(where[0], where[1], label, what)


def _told(error: Exception) -> str:
    if isinstance(error, KeyError) and error.args:
        return str(error.args[0])
    return "".join(traceback.format_exception_only(error)).strip()


async def render_secrets(*args: Any) -> Any:
    """The values with secrets in them; a list unless there is just one."""
    from buildbot_cfg._master import MASTER

    properties = Properties()
    properties.master = MASTER
    values = await asyncio.gather(*(render(value, properties) for value in args))
    return values[0] if len(values) == 1 else list(values)
