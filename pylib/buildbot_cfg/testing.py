# SPDX-License-Identifier: MIT
r"""Tests of one's own steps and renderers: a step runs against a worker that answers by a script.

Run such tests by ``kilnbot python -m pytest``.

Example:
    >>> from buildbot_cfg.plugins import steps, util
    >>> step = steps.ShellCommand(command=["make", util.Property("target")])
    >>> ran = run_step(step, shell(["make", "all"], rc=2, stderr="no rule"), target="all")
    >>> ran.results == util.FAILURE, ran.summary, ran.logs["stdio"].stderr
    (True, "'make all' (failure)", 'no rule\n')
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from buildbot_cfg import _tasks
from buildbot_cfg.process._rendering import render as _render
from buildbot_cfg.process.properties import Properties

__all__ = ["Answer", "LogText", "RanCommand", "StepRun", "remote", "render", "run_step", "shell"]

_COMMANDS = (
    "shell", "mkdir", "rmdir", "rmfile", "cpdir", "stat", "glob", "listdir", "uploadFile",
    "uploadDirectory", "downloadFile",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RanCommand:
    """A command that the step gave to the worker."""

    name: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """One command that is expected, and how the worker answers it: see `shell` and `remote`."""

    name: str
    args: dict[str, Any]
    rc: int | None = 0
    stdout: str = ""
    stderr: str = ""
    updates: tuple[tuple[str, Any], ...] = ()
    log_files: dict[str, str] = field(default_factory=dict)
    failure_reason: str = ""
    interrupt: str | None = None
    end: str = "completed"
    error: str = ""

    def check(self, command: RanCommand) -> None:
        """Compares what the step sent.

        Raises:
            AssertionError: another command, or other arguments.
        """
        seen = {key: command.args.get(key, "(nothing)") for key in self.args}
        if (self.name, self.args) != (command.name, seen):
            text = f"the step ran {command.name} {seen}, the test expects {self.name} {self.args}"
            raise AssertionError(text)


def shell(
    command: Any = None,
    *,
    rc: int | None = 0,
    stdout: str = "",
    stderr: str = "",
    log_files: Mapping[str, str] | None = None,
    failure_reason: str = "",
    interrupt: str | None = None,
    lost: bool = False,
    **args: Any,
) -> Answer:
    """Expects a shell command and answers it.

    Args:
        command: the string or list of words that it must be; None: any.
        rc: the exit status.
        stdout: output.
        stderr: error output.
        log_files: texts of the step's ``logfiles``, by log name.
        failure_reason: "timeout", "timeout_without_output" or "max_lines_failure".
        interrupt: the build is stopped for this reason while the command runs.
        lost: the worker is lost while the command runs.
        args: further arguments that must be so: ``env``, ``workdir``, ``timeout`` ...
    """
    expected = args if command is None else {"command": command, **args}
    end = "connection_lost" if lost else "completed" if interrupt is None else "interrupted"
    return Answer(
        "shell",
        expected,
        rc,
        stdout,
        stderr,
        log_files=dict(log_files or {}),
        failure_reason=failure_reason,
        interrupt=interrupt,
        end=end,
    )


def remote(
    name: str,
    *,
    rc: int | None = 0,
    stdout: str = "",
    stderr: str = "",
    updates: Mapping[str, Any] | None = None,
    error: str = "",
    **args: Any,
) -> Answer:
    """Expects another command of the worker ("mkdir", "stat", "glob" ...) and answers it.

    Args:
        name: the command.
        rc: its return code.
        stdout: output.
        stderr: error output.
        updates: what it tells, by key: ``{"files": [...]}`` of "glob".
        error: the worker fails with this text.
        args: arguments that must be so.
    """
    end = "failed" if error else "completed"
    told = tuple((updates or {}).items())
    return Answer(name, args, rc, stdout, stderr, told, end=end, error=error)


@dataclass(slots=True)
class LogText:
    """A log; ``text`` is all of it, in the order in which it came."""

    name: str
    type: str
    parts: list[tuple[str, str]] = field(default_factory=list)
    finished: bool = False

    def _of(self, streams: str) -> str:
        return "".join(text for stream, text in self.parts if stream in streams)

    @property
    def text(self) -> str:
        """All of it."""
        return self._of("oeh")

    @property
    def stdout(self) -> str:
        """What came from stdout."""
        return self._of("o")

    @property
    def stderr(self) -> str:
        """What came from stderr."""
        return self._of("e")

    @property
    def header(self) -> str:
        """The lines between."""
        return self._of("h")


@dataclass(slots=True)
class StepRun:
    """How a step ended and what it did."""

    results: int = -1
    summary: str = ""
    build_summary: str | None = None
    skipped: bool = False
    hidden: bool = False
    #: The traceback of what it raised.
    error: str | None = None
    commands: list[RanCommand] = field(default_factory=list)
    logs: dict[str, LogText] = field(default_factory=dict)
    #: Properties that the step set: value and source.
    properties: dict[str, tuple[Any, str]] = field(default_factory=dict)
    statistics: dict[str, Any] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    #: State strings while it ran.
    states: list[str] = field(default_factory=list)
    #: Steps that it added to the build.
    added_steps: list[Any] = field(default_factory=list)
    #: Test result sets: (description, category, unit), and the results of each.
    test_results: list[tuple[tuple[str, str, str], list[dict[str, Any]]]] = field(
        default_factory=list
    )
    #: Build data: value and source by name.
    build_data: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    step: Any = None


class _Handle:
    """What the engine is for a running step."""

    def __init__(self, run: StepRun, answers: list[Answer] | None) -> None:
        self.run, self.answers = run, answers
        self.runner: Any = None
        self.wrong: AssertionError | None = None
        self._logs: list[LogText] = []
        self._watchers: dict[int, list[Any]] = {}

    def build_id(self) -> int:
        return 1

    async def add_log(self, name: str, type: str) -> tuple[int, str]:
        return self._add(name, type), name

    def _add(self, name: str, type: str) -> int:
        log = LogText(name, type)
        self._logs.append(log)
        self.run.logs[name] = log
        return len(self._logs) - 1

    def append_log(self, logid: int, stream: str, text: str) -> None:
        if not text:
            return
        text = text if text.endswith("\n") else text + "\n"
        log = self._logs[logid]
        log.parts.append((stream if log.type == "s" else "o", text))
        letter = stream if log.type == "s" else ""
        lines = "".join(f"{letter}{line}\n" for line in text[:-1].split("\n"))
        for watcher in self._watchers.get(logid, []):
            watcher(lines)

    async def finish_log(self, logid: int) -> None:
        self._logs[logid].finished = True
        for watcher in self._watchers.get(logid, []):
            watcher(None)

    def watch_log(self, logid: int, callback: Any) -> None:
        self._watchers.setdefault(logid, []).append(callback)

    async def add_url(self, name: str, url: str) -> None:
        self.run.urls[name] = url

    def set_property(self, name: str, value: Any, source: str, runtime: bool) -> None:
        self.run.properties[name] = (value, source)

    def set_state_string(self, text: str) -> None:
        self.run.states.append(text)

    def use_secret(self, name: str, value: str) -> None:
        pass

    def add_steps(self, runners: list[Any], at_end: bool) -> None:
        self.run.added_steps += [runner.step for runner in runners]

    async def add_test_result_set(self, description: str, category: str, unit: str) -> int:
        self.run.test_results.append(((description, category, unit), []))
        return len(self.run.test_results)

    def add_test_results(self, setid: int, results: list[tuple[Any, ...]]) -> None:
        names = ("value", "test_name", "test_code_path", "line", "duration_ns")
        told = [dict(zip(names, result, strict=True)) for result in results]
        self.run.test_results[setid - 1][1].extend(told)

    async def complete_test_result_set(self, setid: int, passed: Any, failed: Any) -> None:
        pass

    async def set_build_data(self, name: str, value: bytes, source: str) -> None:
        self.run.build_data[name] = (value, source)

    def _answer(self, command: RanCommand) -> Answer:
        if self.answers is None:
            return Answer(command.name, {})
        if not self.answers:
            text = f"the step ran one command more than expected: {command.name} {command.args}"
            raise AssertionError(text)
        answer = self.answers.pop(0)
        answer.check(command)
        return answer

    async def run_command(
        self,
        name: str,
        args: dict[str, Any],
        stdio: int | None,
        log_files: list[tuple[str, int | None]],
        collect_stdout: bool,
        collect_stderr: bool,
        transfer: Any = None,
    ) -> dict[str, Any]:
        command = RanCommand(name, args)
        self.run.commands.append(command)
        try:
            answer = self._answer(command)
        except AssertionError as wrong:
            self.wrong = self.wrong or wrong
            raise
        if stdio is not None:
            self.append_log(stdio, "o", answer.stdout)
            self.append_log(stdio, "e", answer.stderr)
        for log_name, logid in log_files:
            if text := answer.log_files.get(log_name):
                if logid is None:
                    logid = self._add(log_name, "s")
                    self.runner.log_added(logid, log_name, log_name)
                self.append_log(logid, "o", text)
        if answer.interrupt is not None:
            self.runner.interrupt(answer.interrupt)
        return {
            "end": answer.end,
            "rc": answer.rc,
            "failure_reason": answer.failure_reason,
            "error": answer.error,
            "updates": list(answer.updates),
            "stdout": answer.stdout if collect_stdout else "",
            "stderr": answer.stderr if collect_stderr else "",
        }


def run_step(
    step: Any,
    *answers: Answer,
    any_commands: bool = False,
    lenient: bool = False,
    env: Mapping[str, Any] | None = None,
    workdir: str = "build",
    files: Iterable[str] = (),
    branch: str | None = None,
    revision: str | None = None,
    worker_info: Mapping[str, Any] | None = None,
    properties: Mapping[str, Any] | None = None,
    **more_properties: Any,
) -> StepRun:
    """Runs a step once; the commands must come in the order of the answers.

    Args:
        step: the step as it stands in the configuration.
        answers: made by `shell` and `remote`, one for each command.
        any_commands: all commands succeed without output; no answers are needed.
        lenient: answers may be left over.
        env: the builder's environment.
        workdir: the factory's directory.
        files: names of the files that the build's change touched.
        branch: of the build's source stamp.
        revision: of the build's source stamp.
        worker_info: what the worker says about itself: ``{"system": "nt"}``.
        properties: properties of the build.
        more_properties: the same as keyword arguments.

    Raises:
        AssertionError: the step ran other commands than expected, or fewer.
    """
    given = {**(properties or {}), **more_properties}
    context = _context(given, list(files), branch, revision, dict(worker_info or {}))
    playing = _play(step, None if any_commands else list(answers), context, env, workdir)
    run, left = asyncio.run(playing)
    if left and not (lenient or run.skipped):
        tail = f"{left[0].name} {left[0].args}"
        error = f"\n{run.error}" if run.error else ""
        raise AssertionError(f"{len(left)} commands were not run: {tail} ...{error}")
    return run


async def _play(
    step: Any, answers: list[Answer] | None, context: dict[str, Any], env: Any, workdir: str
) -> tuple[StepRun, list[Answer]]:
    from buildbot_cfg._session import open_build
    from buildbot_cfg._view_builders import BuilderMaker
    from buildbot_cfg.config.builder import BuilderConfig
    from buildbot_cfg.process.factory import BuildFactory

    factory = BuildFactory([step])
    factory.workdir = workdir
    config = BuilderConfig(
        name="builder", workername="worker", factory=factory, env=dict(env or {})
    )
    (runner,) = await open_build(BuilderMaker(config, "http://localhost/"), context, [step])
    run = StepRun(step=runner.step)
    handle = _Handle(run, answers)
    handle.runner = runner
    await _steps_of_life(runner, handle, run)
    run.statistics = dict(runner.step.getStatistics())
    if handle.wrong is not None:
        raise handle.wrong
    return run, handle.answers or []


async def _steps_of_life(runner: Any, handle: _Handle, run: StepRun) -> None:
    from buildbot_cfg.process.results import EXCEPTION, SKIPPED

    prepared = await runner.prepare(handle)
    if prepared["error"]:
        outcome = {"results": EXCEPTION, "error": prepared["error"]}
    elif prepared["skip"]:
        outcome = {"results": SKIPPED, "error": None}
        run.skipped = True
    else:
        outcome = await runner.run(prepared["name"])
    end = await runner.finish(outcome["results"])
    run.results, run.hidden = end["results"], end["hidden"]
    run.summary, run.build_summary = end["step"], end["build"]
    run.error = outcome["error"] or end["error"]


def _context(
    properties: dict[str, Any],
    files: list[str],
    branch: str | None,
    revision: str | None,
    worker_info: dict[str, Any],
) -> dict[str, Any]:
    commands = dict.fromkeys(_COMMANDS, "3.3")
    stamp = {
        "ssid": 1, "branch": branch, "revision": revision, "repository": "", "project": "",
        "codebase": "", "patch": None, "created_at": 0,
    }  # fmt: skip
    change = {
        "changeid": 1, "author": "somebody", "comments": "", "files": files, "revision": revision,
        "branch": branch, "repository": "", "project": "", "codebase": "", "category": None,
        "revlink": "", "properties": {}, "when_timestamp": 0, "sourcestamp": stamp,
    }  # fmt: skip
    return {
        "build": 1, "number": 1, "builder": 1, "builder_name": "builder", "request": 1,
        "buildset": 1, "reason": "test", "worker": 1, "worker_name": "worker",
        "worker_info": {"worker_commands": commands, "system": "posix", **worker_info},
        "properties": {name: (value, "test") for name, value in properties.items()},
        "sourcestamps": [stamp], "changes": [change] if files else [], "workdir": "build",
    }  # fmt: skip


def render(value: Any, properties: Mapping[str, Any] | None = None, **more: Any) -> Any:
    """What a renderable (or a list or dict that holds some) becomes.

    Args:
        value: the renderable.
        properties: properties of the build.
        more: the same as keyword arguments.

    Example:
        >>> from buildbot_cfg.plugins import util
        >>> render(util.Interpolate("%(prop:branch)s.tar"), branch="main")
        'main.tar'
    """

    async def rendered() -> Any:
        holder = Properties()
        holder.update({**(properties or {}), **more}, "test")
        return await _tasks.awaited(_render(value, holder))

    return asyncio.run(rendered())
