# SPDX-License-Identifier: MIT
"""do_build_if: what the function gets, what it says, what it leaves, how it fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from buildbot_cfg import _gate, _watch
from buildbot_cfg._master import MASTER
from buildbot_cfg._session import BuildSession
from buildbot_cfg._view_builders import BuilderMaker
from buildbot_cfg.config.builder import BuilderConfig
from buildbot_cfg.process._sourcestamp import SourceStamp
from buildbot_cfg.process.buildrequest import BuildRequest
from buildbot_cfg.process.factory import BuildFactory
from buildbot_cfg.process.properties import Interpolate, Properties, Secret
from buildbot_cfg.secrets.providers.base import SecretProviderBase
from buildbot_cfg.worker.base import Worker

THIS = __file__
CONTEXT = {
    "build": 0,
    "number": 0,
    "builder": 3,
    "builder_name": "b",
    "request": 7,
    "buildset": 5,
    "reason": "because",
    "worker": 1,
    "worker_name": "w1",
    "worker_info": {"system": "posix"},
    "properties": {"p": ("v", "Force Build Form"), "workername": ("w1", "Worker")},
    "sourcestamps": [],
    "changes": [],
    "workdir": "build",
    "asked": None,
}


def config(**given: Any) -> BuilderConfig:
    return BuilderConfig(name="b", workernames=["w1"], factory=BuildFactory(), **given)


def asked(function: Callable[..., Any], **given: Any) -> dict[str, Any]:
    """The answer of a function that has 0.2 seconds."""
    made = config(do_build_if=function, **given)
    gate = _gate.BuildGate(BuilderMaker(made, "http://x/"), function)
    stamp = SourceStamp("main", "r1", "", "", "")
    request = BuildRequest(7, 5, "because", {"": stamp}, "b", 3, 9, properties=Properties(a=1))

    async def ask() -> dict[str, Any]:
        _watch.configure(report_after_s=10, callback_deadline_s=0.2)
        try:
            return await _gate.ask_gate(gate, dict(CONTEXT), request)
        finally:
            _watch.stop()

    return asyncio.run(ask())


def test_plain_and_async_functions() -> None:
    async def later(build: Any) -> Any:
        await asyncio.sleep(0)
        return build.getProperty("p") == "v"

    assert asked(lambda build: False)["wanted"] is False
    assert asked(lambda build: None)["wanted"] is False
    assert asked(lambda build: 1)["wanted"] is True
    assert asked(later)["wanted"] is True
    assert asked(later)["why"] == ""


def test_what_the_function_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, Any] = {}

    async def look(build: Any) -> bool:
        request = build.requests[0]
        found["names"] = [build.builder.name, build.builder.builderid, build.workername]
        found["numbers"] = [build.number, build.buildid, build.get_buildid(), build.results]
        found["source"] = [build.getSourceStamp().branch, build.allFiles(), build.reason]
        found["request"] = [request.id, request.priority, request.properties["a"]]
        found["rendered"] = await build.render(Interpolate("%(prop:p)s %(src::branch)s"))
        found["busy"] = build.workerforbuilder.isBusy()
        return True

    made = config()
    monkeypatch.setattr(MASTER, "values", {"builders": [made], "workers": [Worker("w1", "pw")]})

    assert asked(look)["why"] == ""
    assert found == {
        "names": ["b", 3, "w1"],
        "numbers": [None, None, None, 0],
        "source": ["main", [], "because"],
        "request": [7, 9, 1],
        "rendered": "v main",
        "busy": True,
    }
    assert not MASTER.mirror.is_busy("b", "w1")


def test_what_it_sets_is_kept() -> None:
    def sets(build: Any) -> bool:
        build.setProperty("own", {"k": (1, 2)}, "gate")
        build.env["A"] = "b"
        build.kept = "an attribute"
        return True

    answer = asked(sets)

    assert answer["properties"] == {"own": ({"k": [1, 2]}, "gate")}
    numbers = {"build": 11, "number": 2, "builder": 4, "asked": answer["build"]}
    properties = {**CONTEXT["properties"], "buildnumber": (2, "Build")}
    session = BuildSession(
        BuilderMaker(config(), ""), {**CONTEXT, **numbers, "properties": properties}
    )
    assert session.build is answer["build"]
    assert session.build.kept == "an attribute"  # type: ignore[attr-defined]
    assert session.build.env == {"A": "b"}
    assert [session.build.number, session.build.getBuilderId()] == [2, 4]
    assert session.build.getProperty("buildnumber") == 2
    assert not session.build.hasProperty("own")  # the core gives it


class OneSecret(SecretProviderBase):
    """A provider of one secret."""

    def get(self, entry: str) -> str:
        return "hush!"


def test_secrets_that_it_uses_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MASTER.secrets, "services", [OneSecret()])

    async def uses(build: Any) -> bool:
        return bool(await build.render(Secret("key")) == "hush!")

    answer = asked(uses)
    assert answer["wanted"] is True
    assert answer["secrets"] == [("key", "hush!")]


def test_how_it_fails() -> None:
    def raises(build: Any) -> bool:
        raise ValueError("oh")

    answer = asked(raises)
    where = f"do_build_if ({THIS}:{raises.__code__.co_firstlineno})"
    assert answer["wanted"] is False
    assert answer["why"] == f"{where} failed: ValueError: oh"
    assert f'"{THIS}", line {raises.__code__.co_firstlineno + 1}' in answer["traceback"]
    assert MASTER.mirror.deciding == set()


def test_one_that_takes_too_long_is_broken() -> None:
    def sleeps(build: Any) -> bool:
        time.sleep(30)
        return True

    async def waits(build: Any) -> bool:
        await asyncio.sleep(30)
        return True

    line = sleeps.__code__.co_firstlineno + 1
    assert asked(sleeps)["why"].endswith(f"timed out after 0.2 s at {THIS}:{line}")
    assert "waits timed out after 0.2 s" in asked(waits)["why"]


def test_a_property_that_is_no_data_is_a_failure() -> None:
    def sets(build: Any) -> bool:
        build.setProperty("own", Interpolate("%(prop:p)s"), "gate")
        return True

    assert "failed: TypeError" in asked(sets)["why"]
