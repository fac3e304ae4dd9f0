# SPDX-License-Identifier: MIT
"""What a master may ask for when it runs a program, checked."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple, Union

from kilnbot_worker.commands.base import CommandError, path_of
from kilnbot_worker.process import POSIX, Argv, signal_number

Word = Union[str, bytes]


@dataclass
class ProgramOptions:
    """One program. `command` is a shell's line or words; a word may have another text to show."""

    command: Union[Word, List[Any]]
    workdir: str
    env: Dict[Any, Any] = field(default_factory=dict)
    want_stdout: bool = True
    want_stderr: bool = True
    logfiles: Dict[str, Tuple[str, bool]] = field(default_factory=dict)
    logfiles_given: Dict[str, Any] = field(default_factory=dict)
    timeout: Optional[float] = None
    max_time: Optional[float] = None
    max_lines: Optional[int] = None
    sigterm_time: Optional[float] = None
    use_pty: bool = False
    terminal_refused: bool = False  # a PTY was asked for, but there is text for stdin
    log_environ: bool = True
    initial_stdin: Optional[bytes] = None
    interrupt_signal: str = "KILL"

    def argv(self) -> Argv:
        if isinstance(self.command, (str, bytes)):
            if POSIX:
                return ["/bin/sh", "-c", self.command]
            return [os.environ.get("COMSPEC", "cmd.exe"), "/c", self.command]
        return [_real(word) for word in self.command]

    def shown(self) -> Union[Word, List[Word]]:
        """The command as it may be shown."""
        if isinstance(self.command, (str, bytes)):
            return self.command
        return [_shown(word) for word in self.command]

    def argv_text(self) -> str:
        """As it is shown in the texts about it: like Python's bytes."""
        shown = self.shown()
        if isinstance(shown, list):
            return repr([_bytes(word) for word in shown])
        return repr(_bytes(shown))

    def line(self) -> str:
        shown = self.shown()
        if not isinstance(shown, list):
            return _text(shown)
        words = [_text(word) for word in shown]
        return " ".join(shlex.quote(w) for w in words) if POSIX else subprocess.list2cmdline(words)

    def headers(self, env: Dict[str, str]) -> str:
        """What stands before the program's output."""
        place = f" in dir {self.workdir}"
        for name, seconds in (("timeout", self.timeout), ("maxTime", self.max_time)):
            if seconds:
                place += f" ({name} {seconds} {'sec' if seconds == 1 else 'secs'})"
        lines = [self.line(), place, f" watching logfiles {self.logfiles_given}"]
        lines.append(f" argv: {self.argv_text()}")
        if self.log_environ:
            lines.append(" environment:")
            lines += [f"  {key}={env[key]}" for key in sorted(env)]
        if self.initial_stdin:
            lines.append(f" writing {len(self.initial_stdin)} bytes to stdin")
        lines.append(f" using PTY: {self.use_pty}")
        return "\n".join(lines) + "\n"


def from_args(args: Dict[str, Any]) -> ProgramOptions:
    """The options of the command ``shell``. Raises CommandError."""
    stdin = args.get("initial_stdin")
    logfiles = args.get("logfiles") or {}
    options = ProgramOptions(
        command=_command(args["command"]),
        workdir=path_of(args["workdir"]),
        env=_dictionary("env", args.get("env")),
        want_stdout=bool(args.get("want_stdout", True)),
        want_stderr=bool(args.get("want_stderr", True)),
        logfiles=_logfiles(logfiles),
        logfiles_given=logfiles,
        timeout=_number("timeout", args.get("timeout")),
        max_time=_number("maxTime", args.get("maxTime")),
        max_lines=_count("max_lines", args.get("max_lines")),
        sigterm_time=_number("sigtermTime", args.get("sigtermTime")),
        use_pty=args.get("usePTY") is True or args.get("usePTY") == 1,
        log_environ=bool(args.get("logEnviron", True)),
        initial_stdin=stdin.encode() if isinstance(stdin, str) else stdin,
        interrupt_signal=str(args.get("interruptSignal") or "KILL").upper(),
    )
    if options.interrupt_signal.startswith("SIG"):
        options.interrupt_signal = options.interrupt_signal[3:]
    if options.use_pty and options.initial_stdin:
        options.use_pty, options.terminal_refused = False, True
    try:
        signal_number(options.interrupt_signal)
    except ValueError as error:
        raise CommandError(f"interruptSignal: {error}") from None
    return options


def _command(value: Any) -> Any:
    if isinstance(value, (str, bytes)):
        return value
    if not isinstance(value, (list, tuple)) or not value:
        raise CommandError(f"the command must be a string or a list with a word, not {value!r}")
    return list(value)


def _is_hidden(word: Any) -> bool:
    return isinstance(word, (list, tuple)) and len(word) == 3 and _text(word[0]) == "obfuscated"


def _real(word: Any) -> Word:
    word = word[1] if _is_hidden(word) else word
    return word if isinstance(word, (str, bytes)) else str(word)


def _shown(word: Any) -> Word:
    word = word[2] if _is_hidden(word) else word
    return word if isinstance(word, (str, bytes)) else str(word)


def _text(word: Any) -> str:
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)


def _bytes(word: Word) -> bytes:
    return word.encode("utf-8", "surrogateescape") if isinstance(word, str) else word


def _dictionary(name: str, value: Any) -> Dict[Any, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise CommandError(f"{name} must be a dictionary, not {value!r}")
    return value


def _logfiles(value: Any) -> Dict[str, Tuple[str, bool]]:
    found = {}
    for name, entry in _dictionary("logfiles", value).items():
        if isinstance(entry, dict):
            found[_text(name)] = (path_of(entry.get("filename")), bool(entry.get("follow")))
        else:
            found[_text(name)] = (path_of(entry), False)
    return found


def _number(name: str, value: Any) -> Optional[float]:
    if value is not None and not isinstance(value, (int, float)):
        raise CommandError(f"{name} must be a number, not {value!r}")
    return value


def _count(name: str, value: Any) -> Optional[int]:
    number = _number(name, value)
    return None if number is None else int(number)
