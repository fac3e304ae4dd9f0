# SPDX-License-Identifier: MIT
"""Programs that have to be killed."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from support import Bench, RecordingChannel, eventually

from kilnbot_worker.commands import program


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def interrupt(bench: Bench, command: str, **args: Any) -> RecordingChannel:
    """Interrupts a program as soon as it has made the file `ready`."""

    async def work() -> RecordingChannel:
        async with bench.started("shell", bench.shell_args(command, **args)) as (bot, channel):
            await eventually("the program", (bench.base / "ready").exists)
            bot.interrupt("b1", "6", "another command's")
            bot.interrupt("b1", "7", "enough")
            await asyncio.wait_for(channel.done.wait(), 30)
            return channel

    return asyncio.run(work())


def test_an_interrupted_program_is_killed(bench: Bench) -> None:
    done = interrupt(bench, "touch ready; sleep 60")

    assert done.rc == -1
    assert done.failure is None
    assert "elapsed" not in done.values()
    assert done.text("header").split("\n")[-5:-1] == [
        "",
        "command interrupted, attempting to kill",
        "process killed by signal 9",
        done.text("header").split("\n")[-2],
    ]


def test_with_sigterm_time_the_program_may_clean_up(bench: Bench) -> None:
    command = "trap 'echo bye; exit 7' TERM; touch ready; while :; do sleep 0.05; done"

    done = interrupt(bench, command, sigtermTime=20)

    assert (done.rc, done.text("stdout")) == (7, "bye\n")


def test_after_sigterm_time_the_signal_comes(bench: Bench) -> None:
    done = interrupt(
        bench, "trap '' TERM; touch ready; while :; do sleep 0.05; done", sigtermTime=0.2
    )

    assert done.rc == -1
    assert "process killed by signal 9\n" in done.text("header")


def test_the_interrupt_signal_is_the_masters(bench: Bench) -> None:
    command = "trap 'echo got it; exit 5' INT; touch ready; while :; do sleep 0.05; done"

    done = interrupt(bench, command, interruptSignal="INT")

    assert (done.rc, done.text("stdout")) == (5, "got it\n")


@pytest.mark.parametrize("redirect", ["", ">/dev/null 2>&1"], ids=["holds the output", "silent"])
@pytest.mark.parametrize("options", [{}, {"sigtermTime": 0.2}], ids=["KILL", "TERM first"])
def test_no_grandchild_survives(bench: Bench, redirect: str, options: dict[str, Any]) -> None:
    command = (
        f"(trap '' TERM HUP INT; while :; do sleep 0.05; done) {redirect} &"
        " echo $! > pid; touch ready; wait"
    )

    done = interrupt(bench, command, **options)

    pid = int((bench.base / "pid").read_text())
    assert done.rc == -1
    asyncio.run(eventually("the grandchild's end", lambda: not alive(pid), 5))


def test_a_program_that_survives_the_signal_is_given_up_and_killed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "GIVE_UP_S", 0.3)
    command = "trap '' TERM; echo $$ > pid; touch ready; while :; do sleep 0.05; done"

    done = interrupt(bench, command, interruptSignal="TERM")

    assert done.rc == -1
    assert done.failure == "SIGTERM failed to kill process"
    assert "SIGTERM failed to kill process\nusing fake rc=-1\n" in done.text("header")
    pid = int((bench.base / "pid").read_text())
    asyncio.run(eventually("the program's end", lambda: not alive(pid), 5))


@pytest.mark.parametrize(
    "command, limits, reason, header",
    [
        ("echo a; sleep 60", {"maxTime": 0.3}, "timeout",
         "command timed out: 0.3 seconds elapsed running b'echo a; sleep 60', attempting to kill"),
        ("sleep 60", {"timeout": 0.3}, "timeout_without_output",
         "command timed out: 0.3 seconds without output running b'sleep 60', attempting to kill"),
        ("seq 1 9; sleep 60", {"max_lines": 4}, "max_lines_failure",
         "command exceeds max lines: 9/4 written/allowed running b'seq 1 9; sleep 60', attempting to kill"),
    ],
    ids=["maxTime", "timeout", "max_lines"],
)  # fmt: skip
def test_limits_kill_and_say_why(
    bench: Bench, command: str, limits: dict[str, Any], reason: str, header: str
) -> None:
    done = bench.shell(command, **limits)

    assert done.rc == -1
    assert done.values()["failure_reason"] == reason
    assert f"\n{header}\nprocess killed by signal 9\n" in done.text("header")
    assert "elapsed" in done.values()


def test_output_that_comes_before_the_start_is_over_can_be_paused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A loaded machine lets a program write before the worker goes on from starting it."""

    async def work() -> RecordingChannel:
        written = asyncio.Event()
        loop: Any = asyncio.get_running_loop()
        execute, add_output = loop.subprocess_exec, program.Program._add_output

        async def slow(*args: Any, **options: Any) -> Any:
            made = await execute(*args, **options)
            await asyncio.wait_for(written.wait(), 20)
            return made

        def add(self: Any, fd: int, text: str) -> None:
            add_output(self, fd, text)
            loop.call_later(0.1, written.set)

        loop.subprocess_exec = slow
        monkeypatch.setattr(program.Program, "_add_output", add)
        async with bench.started("shell", bench.shell_args("seq 1 9"), congested=True) as (_, made):
            await asyncio.wait_for(written.wait(), 20)
            made.is_congested = False
            made.room.set()
            await asyncio.wait_for(made.done.wait(), 20)
            return made

    done = asyncio.run(work())

    assert (done.rc, done.failure) == (0, None)
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def test_output_puts_the_timeout_off(bench: Bench) -> None:
    done = bench.shell("for i in 1 2 3 4 5 6; do echo $i; sleep 0.2; done", timeout=0.9)

    assert done.rc == 0


def test_a_program_killed_by_a_signal_has_rc_minus_one(bench: Bench) -> None:
    done = bench.shell("kill -15 $$")

    assert done.rc == -1
    assert "process killed by signal 15\n" in done.text("header")


def test_a_second_command_for_the_builder_ends_the_first(bench: Bench) -> None:
    async def work() -> tuple[RecordingChannel, RecordingChannel]:
        from kilnbot_worker.lines import OutputSettings

        async with bench.started("shell", bench.shell_args("touch ready; sleep 60")) as (
            bot,
            first,
        ):
            await eventually("the first", (bench.base / "ready").exists)
            second = RecordingChannel()
            bot.start("b1", "8", "shell", bench.shell_args("echo second"), second, OutputSettings())
            await first.done.wait()
            await second.done.wait()
            return first, second

    first, second = asyncio.run(work())
    assert (first.rc, second.rc) == (-1, 0)


def test_stopping_the_worker_kills_its_programs(bench: Bench) -> None:
    async def work() -> RecordingChannel:
        args = bench.shell_args("echo $$ > pid; touch ready; sleep 60")
        async with bench.started("shell", args) as (_, channel):
            await eventually("the program", (bench.base / "ready").exists)
        return channel

    done = asyncio.run(work())

    assert done.done.is_set()
    assert not alive(int(Path(bench.path("pid")).read_text()))
    assert os.path.isdir(bench.base)
