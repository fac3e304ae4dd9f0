# SPDX-License-Identifier: MIT
"""The command that runs programs."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from support import Bench, eventually

from kilnbot_worker.commands.base import CommandError
from kilnbot_worker.environment import child_environment
from kilnbot_worker.lines import OutputSettings


def test_output_header_and_rc_come_in_order(bench: Bench) -> None:
    done = bench.shell("echo out; exit 3", timeout=20, maxTime=1, workdir=bench.path("w"))

    assert done.keys == ["header", "stdout", "rc", "header", "elapsed"]
    assert done.updates[0][1].text == (
        "echo out; exit 3\n"
        f" in dir {bench.path('w')} (timeout 20 secs) (maxTime 1 sec)\n"
        " watching logfiles {}\n"
        " argv: b'echo out; exit 3'\n"
        " using PTY: False\n"
    )
    assert done.text("stdout") == "out\n"
    assert done.rc == 3
    assert done.updates[3][1].text.startswith("elapsedTime=0.")
    assert 0 < done.values()["elapsed"] < 30
    assert done.failure is None


def test_an_incomplete_last_line_comes_behind_everything(bench: Bench) -> None:
    done = bench.shell("printf part")

    assert done.keys[-2:] == ["elapsed", "stdout"]
    assert done.text("stdout") == "part\n"


def test_a_list_is_run_without_a_shell_and_hides_what_is_obfuscated(bench: Bench) -> None:
    words = [sys.executable, "-c", "import sys; print(sys.argv[1:])", "a b", b"$c",
             ["obfuscated", "secret", "XXX"], ("obfuscated", "other", "YYY")]  # fmt: skip

    done = bench.shell(words)

    assert done.text("stdout") == "['a b', '$c', 'secret', 'other']\n"
    header = done.text("header")
    assert "secret" not in header and "other" not in header
    assert "'a b' '$c' XXX YYY\n" in header
    assert "b'a b', b'$c', b'XXX', b'YYY']\n" in header


@pytest.mark.parametrize(
    "wanted, expected",
    [
        ({"A": "1"}, {"A": "1"}),
        ({"HOME": None}, {"HOME": None}),
        ({"A": "<${HOME}|${NOTHING}>"}, {"A": "</home/me|>"}),
        ({"A": ["x", "${HOME}"]}, {"A": os.pathsep.join(["x", "/home/me"])}),
        ({"PYTHONPATH": "mine"}, {"PYTHONPATH": os.pathsep.join(["mine", "/old"])}),
        ({"PYTHONPATH": ["a", "b"]}, {"PYTHONPATH": os.pathsep.join(["a", "b", "/old"])}),
        ({b"A": b"bytes"}, {"A": "bytes"}),
    ],
    ids=["set", "remove", "expand", "list", "pythonpath", "pythonpath list", "bytes"],
)
def test_the_environment_is_made_of_both(wanted: Any, expected: dict[str, Any]) -> None:
    own = {"HOME": "/home/me", "PYTHONPATH": "/old"}

    made = child_environment(own, wanted, "/work")

    assert made["PWD"] == "/work"
    assert {key: made.get(key) for key in expected} == expected


@pytest.mark.parametrize("env", [{"A": 5}, {"A": ["x", 5]}, {5: "A"}], ids=repr)
def test_an_environment_that_is_none_fails_the_program(bench: Bench, env: Any) -> None:
    done = bench.shell("echo never", env=env)

    assert "environment variable" in (done.failure or "") or "'env' values" in (done.failure or "")
    assert done.updates == []


def test_the_environment_reaches_the_program_and_the_header(bench: Bench) -> None:
    done = bench.shell("echo $KILN; pwd", env={"KILN": "ä"}, logEnviron=True)

    assert done.text("stdout") == f"ä\n{bench.base}\n"
    header = done.text("header")
    assert "\n environment:\n" in header and "\n  KILN=ä\n" in header


@pytest.mark.parametrize(
    "want, streams",
    [
        ({"want_stdout": False}, ["", "err\n"]),
        ({"want_stderr": 0}, ["out\n", ""]),
        ({}, ["out\n", "err\n"]),
    ],
)
def test_unwanted_streams_are_dropped(bench: Bench, want: Any, streams: list[str]) -> None:
    done = bench.shell("echo out; echo err >&2", **want)

    assert [done.text("stdout"), done.text("stderr")] == streams


def test_stdin_is_what_was_given_or_empty(bench: Bench) -> None:
    assert bench.shell("cat; cat", initial_stdin="hällo").text("stdout") == "hällo\n"
    assert bench.shell("cat").rc == 0
    assert " writing 6 bytes to stdin\n" in bench.shell("cat", initial_stdin="hällo").text("header")


def test_a_pty_is_the_programs_terminal(bench: Bench) -> None:
    done = bench.shell("tty; exec 3</dev/tty && echo controlling", usePTY=True)

    assert "/dev/" in done.text("stdout").splitlines()[0]
    assert "controlling" in done.text("stdout")
    assert (done.rc, "using PTY: True" in done.text("header")) == (0, True)


def test_text_for_stdin_goes_through_a_pipe_even_if_a_pty_is_wanted(bench: Bench) -> None:
    done = bench.shell("cat", usePTY=True, initial_stdin="typed\n")

    assert (done.rc, done.text("stdout")) == (0, "typed\n")
    assert "gets no PTY\n" in done.text("header")
    assert "using PTY: False" in done.text("header")


def test_bytes_that_are_no_text_are_replaced_and_letters_may_be_cut(bench: Bench) -> None:
    code = "import os, time; w = lambda b: (os.write(1, b), time.sleep(0.05)); w(b'\\xc3'); w(b'\\xa4 \\xff\\n')"

    assert bench.shell([sys.executable, "-c", code]).text("stdout") == "ä \ufffd\n"


@pytest.mark.parametrize(
    "command", [["no-such-program"], ["/etc/passwd"], ["a\0b"], ["./missing"]], ids=repr
)
def test_what_cannot_be_run_gives_rc_1_and_says_why(bench: Bench, command: list[str]) -> None:
    done = bench.shell(command)

    assert done.rc == 1
    assert "cannot run" in done.text("stderr")
    assert done.failure is None


def test_a_missing_workdir_is_made(bench: Bench) -> None:
    assert (
        bench.shell("pwd", workdir=bench.path("a", "b")).text("stdout")
        == bench.path("a", "b") + "\n"
    )


@pytest.mark.parametrize(
    "args",
    [
        {"workdir": "/"},
        {"command": "x"},
        {"workdir": "/", "command": []},
        {"workdir": "/", "command": 5},
        {"workdir": "/", "command": "x", "timeout": "soon"},
        {"workdir": "/", "command": "x", "env": []},
        {"workdir": "/", "command": "x", "interruptSignal": "NONSENSE"},
        {"workdir": "/", "command": "x", "logfiles": {"a": 5}},
    ],
    ids=repr,
)
def test_wrong_arguments_are_refused_at_once(bench: Bench, args: dict[str, Any]) -> None:
    with pytest.raises(CommandError):
        bench.run("shell", args)


def test_an_unknown_command_is_refused(bench: Bench) -> None:
    with pytest.raises(CommandError, match="nonsense"):
        bench.run("nonsense", {})


def test_watched_files_are_sent_as_they_grow(bench: Bench) -> None:
    (bench.base / "old").write_text("old 1\n")
    (bench.base / "followed").write_text("followed 1\n")
    (bench.base / "still").write_text("never sent\n")
    logfiles = {
        "o": "old", "f": {"filename": "followed", "follow": True}, "s": "still",
        "late": {"filename": "late"}, "none": "none",
    }  # fmt: skip

    done = bench.shell("echo 2 >> old; echo 2 >> followed; printf part > late", logfiles=logfiles)

    assert done.text("log", "o") == "old 1\n2\n"
    assert done.text("log", "f") == "2\n"
    assert done.text("log", "late") == "part\n"
    assert done.text("log", "s") == done.text("log", "none") == ""
    assert " watching logfiles {'o': 'old', " in done.text("header")


def test_a_watched_file_is_sent_while_the_program_runs(bench: Bench) -> None:
    async def work() -> None:
        args = bench.shell_args(
            "echo first > x; while ! [ -e go ]; do sleep 0.05; done", logfiles={"x": "x"}
        )
        settings = OutputSettings(buffer_timeout=0.01)
        async with bench.started("shell", args, settings) as (_, channel):
            await eventually("the file's line", lambda: channel.text("log", "x") == "first\n")
            assert not channel.done.is_set()
            (bench.base / "go").touch()
            await channel.done.wait()

    asyncio.run(work())


def test_output_is_sent_after_the_buffers_timeout(bench: Bench) -> None:
    async def work() -> None:
        args = bench.shell_args("echo first; while ! [ -e go ]; do sleep 0.05; done")
        async with bench.started("shell", args, OutputSettings(buffer_timeout=0.2)) as (_, channel):
            await eventually("the line", lambda: channel.text("stdout") == "first\n")
            assert not channel.done.is_set()
            (bench.base / "go").touch()
            await channel.done.wait()

    asyncio.run(work())


def test_much_output_arrives_whole(bench: Bench) -> None:
    done = bench.shell("seq 1 100000")

    assert done.text("stdout") == "".join(f"{n}\n" for n in range(1, 100001))
    assert max(len(lines.text) for key, lines in done.updates if key == "stdout") < 400_000


def test_a_program_waits_when_the_master_does_not_take_its_output(bench: Bench) -> None:
    async def work() -> tuple[int, int]:
        args = bench.shell_args("seq 1 1000000; touch finished")
        async with bench.started("shell", args) as (_, channel):
            channel.is_congested = True
            await eventually("some output", lambda: channel.text("stdout"))
            await asyncio.sleep(0.3)  # there is nothing to wait for: nothing may happen
            assert not Path(bench.path("finished")).exists()
            held = len(channel.text("stdout"))
            channel.is_congested = False
            channel.room.set()
            await channel.done.wait()
            return held, len(channel.text("stdout"))

    held, whole = asyncio.run(work())
    assert held < 2_000_000
    assert whole == 6888896
