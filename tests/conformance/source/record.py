#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Keeps what Buildbot's source steps do: BUILDBOT_PYTHON tests/conformance/source/record.py"""

from __future__ import annotations

import json
import posixpath
import time
from pathlib import Path
from typing import Any

from buildbot.plugins import steps, util
from buildbot.process.buildstep import create_step_from_step_or_factory
from buildbot.process.properties import Properties
from cases import CASES, Case, ScriptedWorker, plain
from twisted.internet import defer, reactor


class Log:
    def getName(self) -> str:
        return "stdio"

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: defer.succeed(None)


class Stamp:
    def __init__(self, **given: Any) -> None:
        values = {"branch": None, "revision": None, "patch": None, "project": "", "codebase": "", "repository": "", "changes": []}  # fmt: skip
        self.__dict__.update(values | given)


class Build:
    path_module = posixpath
    workdir = "build"
    requests: tuple[Any, ...] = ()
    master = None
    builder = type("Builder", (), {"name": "b"})()

    def __init__(self, properties: Properties, stamp: Stamp) -> None:
        self.properties, self.stamp = properties, stamp

    def __getattr__(self, name: str) -> Any:
        return getattr(self.properties, name)

    def getProperties(self) -> Properties:
        return self.properties

    def getSourceStamp(self, codebase: str) -> Stamp:
        return self.stamp

    def getAllSourceStamps(self) -> list[Stamp]:
        return [self.stamp]

    def allChanges(self) -> list[Any]:
        return []


def play(case: Case) -> dict[str, Any]:
    step = create_step_from_step_or_factory(eval(case.step, {"steps": steps, "util": util}))
    properties = Properties()
    given = {"builddir": "/w/b", "workername": "w", "buildername": "b", **case.properties}
    for name, value in given.items():
        properties.setProperty(name, value, "test")
    step.build = Build(properties, Stamp(**case.stamp))
    step.worker = type("Worker", (), {"worker_basedir": "/w", "path_module": posixpath})()
    worker = ScriptedWorker(case)
    step.workerVersion = lambda *_: "3.3"
    step.workerVersionIsOlderThan = lambda *_: False
    step.addLog = lambda *_, **__: defer.succeed(Log())
    step.addCompleteLog = lambda *_: defer.succeed(None)
    step.mirror_sync_sleep = 0
    step.runCommand = lambda command: run(worker, command)
    results: list[Any] = []
    rendered(step, properties).addBoth(results.append)
    end = time.time() + 10
    while not results and time.time() < end:
        reactor.runUntilCurrent()
        reactor.doIteration(0.001)
    seen = {name: value for name, (value, _) in properties.asDict().items() if name not in given}
    return {"commands": worker.lines, "results": outcome(results[0]), "properties": plain(seen)}


def outcome(result: Any) -> str:
    if not hasattr(result, "type"):
        return str(result)
    name = result.type.__name__
    return "2" if name == "BuildStepFailed" else "4"


@defer.inlineCallbacks
def rendered(step: Any, properties: Properties) -> Any:
    names = {name for cls in type(step).__mro__ for name in getattr(cls, "renderables", ())}
    for name in sorted(names):
        value = yield properties.render(getattr(step, name))
        setattr(step, name, value)
    return (yield step.run())


def run(worker: ScriptedWorker, command: Any) -> Any:
    args = dict(command.args)
    data = None
    if command.remote_command == "shell":
        args["command"] = command.command
        args = {"initial_stdin": None, **args}
    elif command.remote_command == "downloadFile":
        data = args["reader"].fp.read()
        data = data.encode() if isinstance(data, str) else data
    command.rc, out, updates = worker.run(command.remote_command, args, data)
    if command.remote_command == "uploadFile" and not command.rc:
        args["writer"].remote_write(out.encode())
        args["writer"].remote_close()
    for key, value in updates:
        command.updates[key].append(value)
    command.stdout = command.stderr = out
    return defer.succeed(command.results())


def main() -> None:
    told = {case.name: play(case) for case in CASES}
    target = Path(__file__).with_name("recorded.json")
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(case)}" for name, case in told.items())
    target.write_text("{\n" + lines + "\n}\n")
    print(f"{len(told)} cases")


if __name__ == "__main__":
    main()
