# SPDX-License-Identifier: MIT
"""Whether a build is built: ``do_build_if``.

It is asked with the build as it is before it has a number. When the build is made, its steps get
the same object.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from buildbot_cfg import _watch
from buildbot_cfg._master import MASTER
from buildbot_cfg._matching import described, failure
from buildbot_cfg._session import new_build
from buildbot_cfg.process.buildrequest import BuildRequest


@dataclass(slots=True)
class BuildGate:
    """A builder's function, and what its builds are made of."""

    maker: Any
    function: Callable[..., Any]


async def ask_gate(
    gate: BuildGate, context: dict[str, Any], request: BuildRequest
) -> dict[str, Any]:
    """What the function says, and what it leaves in the build.

    Args:
        gate: the function.
        context: of the build, without its source.
        request: what is to be built.
    """
    answer: dict[str, Any] = {"wanted": False, "why": "", "traceback": "", "build": None}
    answer |= {"properties": {}, "secrets": []}
    request.buildername = gate.maker.config.name  # the mirror may have been empty when it was made
    seat = (request.buildername, context["worker_name"])
    MASTER.mirror.deciding.add(seat)
    try:
        answer["wanted"] = await _asked(gate, context, request, answer)
    except Exception as error:
        answer["why"] = f"{described('do_build_if', gate.function)} {failure(error)}"
        answer["traceback"] = "".join(traceback.format_exception(error)).rstrip()
    finally:
        MASTER.mirror.deciding.discard(seat)
    return answer


async def _asked(
    gate: BuildGate, context: dict[str, Any], request: BuildRequest, answer: dict[str, Any]
) -> bool:
    context |= {"build": None, "number": None}
    build = new_build(gate.maker, context, request, list(request.sources.values()))
    build.properties.properties = dict(context["properties"])
    build.properties.properties.update(
        gate.maker.lazy_properties(context["properties"], context["worker_name"])
    )

    def changed(name: str, value: Any, source: str, _runtime: bool) -> None:
        answer["properties"][name] = (json.loads(json.dumps(value)), source)

    build.properties.on_change = changed
    build.properties.on_secret = lambda name, value: answer["secrets"].append((name, value))
    try:
        return bool(await _watch.ask(gate.function, build))
    finally:
        build.properties.on_change = build.properties.on_secret = None
        answer["build"] = build
