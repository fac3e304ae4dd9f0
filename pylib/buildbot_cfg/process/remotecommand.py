# SPDX-License-Identifier: MIT
"""Commands for the worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buildbot_cfg._tasks import promised
from buildbot_cfg.process._live import RemoteException, WorkerConnectionLost
from buildbot_cfg.process.remotetransfer import taken_out
from buildbot_cfg.process.results import CANCELLED, FAILURE, SUCCESS


def is_obfuscated(word: Any) -> bool:
    """Whether it is ``("obfuscated", real, shown)``."""
    return isinstance(word, tuple) and len(word) == 3 and word[0] == "obfuscated"


class RemoteCommand:
    """One command for the worker; ``await self.runCommand(command)`` in a step runs it.

    Args:
        remote_command: name of the worker's command.
        args: its arguments.
        ignore_updates: nothing that the worker sends counts.
        collectStdout: keep the output in ``stdout``.
        collectStderr: the same for ``stderr``.
        decodeRC: results by return code.
        stdioLogName: the log that gets the output, if there is one of that name.
    """

    rc: int | None = None
    active = False
    worker: Any = None

    def __init__(
        self,
        remote_command: str,
        args: dict[str, Any],
        ignore_updates: bool = False,
        collectStdout: bool = False,
        collectStderr: bool = False,
        decodeRC: dict[Any, int] | None = None,
        stdioLogName: str = "stdio",
    ) -> None:
        self.remote_command, self.args = remote_command, args
        self.ignore_updates = ignore_updates
        self.collectStdout, self.collectStderr = collectStdout, collectStderr
        self.decodeRC: dict[Any, int] = {0: SUCCESS} if decodeRC is None else decodeRC
        self.stdioLogName = stdioLogName
        self.stdout = ""
        self.stderr = ""
        self.updates: dict[str, list[Any]] = {}
        self.logs: dict[str, Any] = {}
        self.interrupted = False
        self.remote_failure_reason: str | None = None
        self._delayed: dict[str, Callable[[Any], Any] | None] = {}
        self._closing: list[Any] = []

    def useLog(
        self, log_: Any, closeWhenFinished: bool = False, logfileName: str | None = None
    ) -> None:
        """Sends the worker's ``logfileName`` (by default the log's name) into a log."""
        self.logs[logfileName or log_.getName()] = log_
        if closeWhenFinished:
            self._closing.append(log_)

    def useLogDelayed(
        self,
        logfileName: str,
        activateCallBack: Callable[[Any], Any] | None,
        closeWhenFinished: bool = False,
    ) -> None:
        """The same with a log that is made when the first text comes."""
        self._delayed[logfileName] = activateCallBack

    @promised
    async def run(self, step: Any, conn: Any, builder_name: str) -> int:
        """Runs it for the step and returns the result; steps call ``runCommand`` instead.

        Raises:
            RemoteException: the worker could not run it.
        """
        self.step, self.active = step, True
        try:
            outcome = await self._sent(step._live.handle)
        finally:
            self.active = False
        for log in self._closing:
            await log.finish()
        return self._taken(outcome)

    def _sent(self, handle: Any) -> Any:
        if self.ignore_updates:
            stdio, files = None, list[Any]()
        else:
            stdio, files = self.logs.get(self.stdioLogName), self._files()
        args, transfer = taken_out(self.args)
        return handle.run_command(
            self.remote_command,
            args,
            None if stdio is None else stdio.logid,
            files,
            self.collectStdout,
            self.collectStderr,
            transfer,
        )

    def _files(self) -> list[Any]:
        files = [(name, log.logid) for name, log in self.logs.items() if name != self.stdioLogName]
        return files + [(name, None) for name in self._delayed]

    def _taken(self, outcome: dict[str, Any]) -> int:
        end = outcome["end"]
        if not self.ignore_updates:
            self.rc = outcome["rc"]
            self.remote_failure_reason = outcome["failure_reason"] or None
            self.stdout, self.stderr = outcome["stdout"] or "", outcome["stderr"] or ""
            for key, value in outcome["updates"]:
                self.updates.setdefault(key, []).append(value)
        if end == "connection_lost":
            raise WorkerConnectionLost("the connection to the worker was lost")
        if end == "failed":
            raise RemoteException(
                outcome["error"] or f'worker command "{self.remote_command}" failed'
            )
        if end == "interrupted":
            self.interrupted = True
        return self.results()

    def interrupt(self, why: Any) -> None:
        """Notes that the command was stopped (the engine tells the worker)."""
        if self.active:
            self.interrupted = True

    def results(self) -> int:
        """The result: by ``decodeRC``, FAILURE for codes that are not in it."""
        if self.interrupted:
            return CANCELLED
        return self.decodeRC.get(self.rc, FAILURE)

    def didFail(self) -> bool:
        """Whether the result is FAILURE."""
        return self.results() == FAILURE

    def addStdout(self, data: str) -> None:
        """Appends to the command's log."""
        self.logs[self.stdioLogName].addStdout(data)

    def addStderr(self, data: str) -> None:
        """Appends to the command's log."""
        self.logs[self.stdioLogName].addStderr(data)

    def addHeader(self, data: str) -> None:
        """Appends to the command's log."""
        self.logs[self.stdioLogName].addHeader(data)

    def addToLog(self, logname: str, data: str) -> None:
        """Appends to one of the command's logs."""
        self.logs[logname].addStdout(data)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.remote_command!r}>"


class RemoteShellCommand(RemoteCommand):
    """A shell command: a string for the worker's shell, or a list of words.

    Args:
        workdir: directory, below the builder's directory on the worker.
        command: what to run.
        env: variables added to the worker's environment.
        timeout: seconds without output after which it is killed; None: never.
        maxTime: seconds after which it is killed.
        max_lines: lines of output after which it is killed.
        sigtermTime: seconds between SIGTERM and ``interruptSignal``.
        logfiles: files that the worker sends: name to path, or dict with filename and follow.
    """

    def __init__(
        self,
        workdir: str,
        command: Any,
        env: dict[str, Any] | None = None,
        want_stdout: bool = True,
        want_stderr: bool = True,
        timeout: float | None = 20 * 60,
        maxTime: float | None = None,
        max_lines: int | None = None,
        sigtermTime: float | None = None,
        logfiles: dict[str, Any] | None = None,
        usePTY: bool | None = None,
        logEnviron: bool = True,
        collectStdout: bool = False,
        collectStderr: bool = False,
        interruptSignal: str | None = None,
        initialStdin: str | None = None,
        decodeRC: dict[Any, int] | None = None,
        stdioLogName: str = "stdio",
    ) -> None:
        args = {
            "workdir": workdir,
            "env": env,
            "want_stdout": want_stdout,
            "want_stderr": want_stderr,
            "logfiles": logfiles or {},
            "timeout": timeout,
            "maxTime": maxTime,
            "max_lines": max_lines,
            "sigtermTime": sigtermTime,
            "usePTY": bool(usePTY),
            "logEnviron": logEnviron,
            "initial_stdin": initialStdin,
        }
        if interruptSignal is not None:
            args["interruptSignal"] = interruptSignal
        args["command"] = command
        self.command = command
        super().__init__(
            "shell",
            args,
            collectStdout=collectStdout,
            collectStderr=collectStderr,
            decodeRC=decodeRC,
            stdioLogName=stdioLogName,
        )

    def __repr__(self) -> str:
        words = self.command
        if isinstance(words, (list, tuple)):
            words = [word[2] if is_obfuscated(word) else word for word in words]
        return f"<RemoteShellCommand {words!r}>"
