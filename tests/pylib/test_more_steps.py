# SPDX-License-Identifier: MIT
"""Steps on the master, sequences of shell commands, and small ones on the worker's files."""

import asyncio
import os
import time
from pathlib import Path

import pylib_fakes
import pytest
from buildbot.plugins import steps, util
from buildbot.process.results import CANCELLED, EXCEPTION, FAILURE, SUCCESS, WARNINGS
from buildbot_cfg._errors import ConfigErrors


def stream(handle, letter, name="stdio"):
    lines = handle.log_named(name)["text"].splitlines()
    return [line[1:] for line in lines if line[0] == letter]


def test_a_command_on_the_master(step_run, monkeypatch):
    monkeypatch.setenv("OF_MASTER", "yes")
    step = steps.MasterShellCommand(
        command=["sh", "-c", "echo $0 $X $Y $OF_MASTER; echo err >&2", util.Property("branch")],
        env={"X": "${OF_MASTER}-1", "Y": ["a", "b"], "Z": None},
    )

    _, handle, end = step_run(step)

    assert (end["results"], end["step"]) == (SUCCESS, "Ran")
    assert stream(handle, "o") == ["main yes-1 a:b yes"]
    assert stream(handle, "e") == ["err"]
    header = stream(handle, "h")
    assert header[0] == "sh -c echo $0 $X $Y $OF_MASTER; echo err >&2 main"
    assert header[2] == "** RUNNING ON BUILDMASTER **"
    assert header[3] == f" in dir {Path.cwd()}"
    assert header[5] == " env: {'X': 'yes-1', 'Y': 'a:b'}"


@pytest.mark.parametrize(
    ("command", "results", "text", "header"),
    [
        ("exit 3", FAILURE, "failed (3) (failure)", "exit status 3"),
        ("kill -9 $$", FAILURE, "killed (9) (failure)", "signal 9"),
    ],
)
def test_how_a_command_on_the_master_fails(step_run, command, results, text, header):
    _, handle, end = step_run(steps.MasterShellCommand(command=command, logEnviron=False))

    assert (end["results"], end["step"]) == (results, text)
    assert stream(handle, "h")[-1] == header


def test_the_directory_of_a_command_on_the_master(step_run, tmp_path):
    step = steps.MasterShellCommand(command="pwd", workdir=str(tmp_path), logEnviron=False)
    _, handle, _ = step_run(step)
    assert stream(handle, "o") == [str(tmp_path)]


def test_a_terminal(step_run):
    step = steps.MasterShellCommand(command="test -t 1 && echo yes", usePTY=True, logEnviron=False)
    _, handle, end = step_run(step)
    assert end["results"] == SUCCESS
    assert stream(handle, "o") == ["yes"]


def test_a_command_on_the_master_that_takes_too_long(step_run):
    step = steps.MasterShellCommand(command="sleep 60", runtime_timeout=0.2, logEnviron=False)
    began = time.monotonic()
    _, _, end = step_run(step)
    assert end["step"] == "killed (15) (failure)"
    assert time.monotonic() - began < 30


def test_an_interrupt_ends_the_whole_group(step_run, tmp_path):
    pid_file = tmp_path / "pid"
    step = steps.MasterShellCommand(
        command=f"sleep 60 & echo $! > {pid_file}.new; mv {pid_file}.new {pid_file}; wait",
        logEnviron=False,
    )

    async def interrupt(runner, handle):
        while not pid_file.exists():
            await asyncio.sleep(0.01)
        runner.interrupt("enough")

    _, handle, end = step_run(step, during=interrupt)

    assert end["results"] == CANCELLED
    assert "cancelled" in handle.log_names()
    pid = int(pid_file.read_text())
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and _state(pid) != "Z":
        assert time.monotonic() < deadline
        os.sched_yield()


def _state(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"


def test_a_program_that_is_not_there_is_an_exception(step_run):
    _, _, end = step_run(steps.MasterShellCommand(command=["/no/such/program"]))
    assert "FileNotFoundError" in end["error"]


def test_an_environment_of_numbers_is_an_exception(step_run):
    _, handle, end = step_run(steps.MasterShellCommand(command="true", env={"A": 1}))
    assert "'env' values must be strings or lists; key 'A' is incorrect" in end["error"]
    assert stream(handle, "h")[0] == "true"


def test_set_properties(step_run):
    given = {"a": 1, "b": util.Property("branch")}
    _, handle, end = step_run(steps.SetProperties(properties=given, name="all"))
    assert (end["results"], end["step"]) == (SUCCESS, "Properties Set")
    assert handle.properties == {"a": (1, "all", True), "b": ("main", "all", True)}


def test_properties_of_the_workers_environment(step_run):
    step = steps.SetPropertiesFromEnv(variables=["B", "MISSING", "A"])
    _, handle, end = step_run(
        step, worker_info={"environ": {"A": "1", "B": "2"}, "system": "posix"}
    )
    assert (end["results"], end["step"]) == (SUCCESS, "Set")
    assert handle.properties["A"] == ("1", "WorkerEnvironment", True)
    assert handle.log_named("properties")["text"] == "B = '2'\nA = '1'\n"


@pytest.mark.parametrize(
    ("check", "results", "text"),
    [
        (True, SUCCESS, "checked True"),
        (util.Property("nix"), FAILURE, "checked Property(nix) (failure)"),
        (util.Property("branch") == "main", SUCCESS, "checked Property(branch) == 'main'"),
    ],
)
def test_assert(step_run, check, results, text):
    _, _, end = step_run(steps.Assert(check))
    assert (end["results"], end["step"]) == (results, text)


def test_log_renderable(step_run):
    _, handle, end = step_run(steps.LogRenderable(content={"a": util.Property("branch")}))
    assert end["step"] == "Logged"
    assert handle.log_named("Output")["text"] == "{'a': 'main'}\n"


def test_a_sequence(step_run):
    step = steps.ShellSequence(
        commands=[
            util.ShellArg("echo one", logname="log"),
            util.ShellArg(["echo", util.Property("branch")], logname="log"),
            util.ShellArg("", logname="never"),
            util.ShellArg("exit 4", warnOnFailure=True, flunkOnFailure=False, logname="bad"),
            util.ShellArg("echo silent"),
        ],
        workdir="w",
    )

    _, handle, end = step_run(step)

    assert (end["results"], end["step"]) == (WARNINGS, "'echo silent' (warnings)")
    assert stream(handle, "o", "log") == ["one", "main"]
    assert sorted(log["name"] for log in handle.logs.values()) == ["bad", "log"]
    assert {args["workdir"] for _, args in handle.commands} == {"w"}


def test_a_sequence_ends_where_an_argument_says_so(step_run):
    args = [util.ShellArg("exit 1", haltOnFailure=True), util.ShellArg("echo never")]
    _, handle, end = step_run(steps.ShellSequence(commands=args))
    assert (end["results"], end["step"]) == (FAILURE, "'exit 1' (failure)")
    assert len(handle.commands) == 1


@pytest.mark.parametrize("commands", [["text"], None, [util.ShellArg(util.Property("nix"))]])
def test_a_sequence_of_nonsense_is_an_exception(step_run, commands):
    _, handle, end = step_run(steps.ShellSequence(commands=commands))
    assert (end["results"], end["step"]) == (EXCEPTION, "finished (exception)")
    assert handle.commands == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: util.ShellArg(), '"command" is missing'),
        (lambda: util.ShellArg("x", haltOnFalure=True), 'did you mean "haltOnFailure"'),
        (lambda: util.ShellArg("x", haltOnFailure=1), '"haltOnFailure" must be'),
        (lambda: steps.ShellSequence(commands=[], command="x"), '"command" is not allowed'),
        (lambda: steps.MasterShellCommand(command=3), '"command" must be'),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ConfigErrors, match=message):
        make()


def test_directories(step_run, tmp_path):
    root = tmp_path
    assert step_run(steps.MakeDirectory(dir="a/b"))[2]["step"] == "Created"
    assert (root / "a" / "b").is_dir()
    assert step_run(steps.CopyDirectory(src="a", dest="c"))[2]["step"] == "Copied a to c"
    assert (root / "c" / "b").is_dir()
    assert step_run(steps.RemoveDirectory(dir="a"))[2]["step"] == "Deleted"
    assert not (root / "a").exists()


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (steps.MakeDirectory(dir="a"), "Create failed. (failure)"),
        (steps.RemoveDirectory(dir="a"), "Delete failed. (failure)"),
        (steps.CopyDirectory(src="a", dest="b"), "Copying a to b failed. (failure)"),
        (steps.FileExists(file="a"), "File not found. (failure)"),
    ],
)
def test_failures_of_directories(step_run, tmp_path, step, text):
    handle = pylib_fakes.FolderHandle(tmp_path)
    handle.outcomes = [{"rc": 1}]
    _, _, end = step_run(step, handle=handle)
    assert (end["results"], end["step"]) == (FAILURE, text)


def test_file_exists(step_run, tmp_path):
    (tmp_path / "file").write_text("x")
    assert step_run(steps.FileExists(file="file"))[2]["step"] == "File found."
    assert step_run(steps.FileExists(file="."))[2]["step"] == "Not a file. (failure)"


def test_remove_pycs(step_run, tmp_path):
    folder = tmp_path / "build"
    folder.mkdir(parents=True)
    (folder / "a.pyc").write_text("x")
    (folder / "a.py").write_text("x")
    _, _, end = step_run(steps.RemovePYCs())
    assert end["step"] == "remove .pycs"
    assert [path.name for path in folder.iterdir()] == ["a.py"]
