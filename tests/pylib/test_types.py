# SPDX-License-Identifier: MIT
"""Type checkers understand configurations: the samples are clean, and a mistake is found."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest

api = pytest.importorskip("mypy.api")

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_configs"


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A folder with the stubs, as an installed Kilnbot has them."""
    folder = tmp_path_factory.mktemp("types")
    runpy.run_path(str(ROOT / "scripts" / "make_stubs.py"))["write_all"](folder / "buildbot")
    return folder


@pytest.fixture
def checked(places, monkeypatch):
    """What mypy says of files: its errors, one a line."""

    def check(*files):
        monkeypatch.setenv("MYPYPATH", f"{places}:{ROOT / 'pylib'}:{files[0].parent}")
        cache = places / "cache"
        out, err, _ = api.run(
            ["--config-file=", "--check-untyped-defs", f"--cache-dir={cache}", "--no-error-summary",
             "--python-version=3.11", *map(str, files)]
        )  # fmt: skip
        assert not err
        return [line for line in out.splitlines() if ": note: " not in line]

    return check


def test_the_samples_are_clean(checked, tmp_path):
    for path in SAMPLES.glob("*/master.cfg"):
        shutil.copy(path, tmp_path / f"{path.parent.name}_cfg.py")
    shutil.copy(SAMPLES / "own_steps" / "own_steps.py", tmp_path)

    assert checked(*sorted(tmp_path.glob("*.py"))) == []


MISTAKES = {
    'steps.ShellCommand(comand="make")': 'Unexpected keyword argument "comand" for "ShellCommand"; did you mean "command"?',
    'steps.Compile(command="make", haltOnFailure="yes")': 'Argument "haltOnFailure" to "Compile" has incompatible type "str"',
    "steps.Git()": None,
    'steps.Git(repourl="u", mod="full")': 'Unexpected keyword argument "mod" for "Git"',
    "steps.MakeDirectory()": 'Missing positional argument "dir" in call to "MakeDirectory"',
    "steps.ShelCommand()": 'Module has no attribute "ShelCommand"; maybe "ShellCommand"',
    "worker.Worker('w1', 7)": 'Argument 2 to "Worker" has incompatible type "int"',
    "worker.Worker('w1', util.Secret('pw'))": None,
    "util.BuilderConfig(name='b', workernames='w', factory=[])": 'Argument "factory" to "BuilderConfig" has incompatible type',
    "util.BuilderConfig(name='b', worker='w')": 'Unexpected keyword argument "worker" for "BuilderConfig"',
    "schedulers.SingleBranchScheduler(name='s', builderName=['b'])": 'Unexpected keyword argument "builderName"',
    "util.ChangeFilter(brunch='main')": 'Unexpected keyword argument "brunch" for "ChangeFilter"',
    "changes.GitPoller('u', pollinterval=3)": 'Unexpected keyword argument "pollinterval" for "GitPoller"',
    "util.BuildFactory().addstep(steps.Test())": '"BuildFactory" has no attribute "addstep"',
    "steps.ShellCommand(command=util.Interpolate('%(prop:x)s'), env={'A': util.Property('a')})": None,
}


def test_mistakes_are_found(checked, tmp_path):
    lines = ["from buildbot.plugins import changes, schedulers, steps, util, worker", *MISTAKES]
    path = tmp_path / "mistakes.py"
    path.write_text("\n".join(lines) + "\n")
    found: dict[int, str] = {}
    for line in checked(path):
        _, number, rest = line.split(":", 2)
        found[int(number)] = found.get(int(number), "") + rest

    for number, (mistake, expected) in enumerate(MISTAKES.items(), 2):
        if expected is None:
            assert number not in found, f"{mistake}: {found[number]}"
        else:
            assert expected in found.get(number, "nothing"), f"{mistake}: {found.get(number)}"


def test_classes_are_the_same_by_all_names(checked, tmp_path):
    path = tmp_path / "classes.py"
    path.write_text(
        "from buildbot.plugins import steps, util\n"
        "from buildbot.process.buildstep import BuildStep\n"
        "from buildbot.steps.shell import ShellCommand, WarningCountingShellCommand\n"
        "from buildbot.process.factory import BuildFactory\n"
        "class Own(BuildStep):\n"
        "    def __init__(self, what: str, **kwargs) -> None:\n"
        "        super().__init__(**kwargs)\n"
        "    async def run(self) -> int:\n"
        "        return util.SUCCESS\n"
        "def all_of(*given: steps.BuildStep) -> util.BuildFactory:\n"
        "    factory: BuildFactory = util.BuildFactory(given)\n"
        "    return factory\n"
        "all_of(Own('x'), ShellCommand(command='y'), steps.Git(repourl='u'), steps.Trigger())\n"
        "one: ShellCommand = steps.ShellCommand(command='x')\n"
        "two: WarningCountingShellCommand = steps.Compile()\n"
    )

    assert checked(path) == []
