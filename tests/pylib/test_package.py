# SPDX-License-Identifier: MIT
"""The package as a whole: its examples run, its public names are documented, scripts run in it."""

import doctest
import importlib
import inspect
import pkgutil
import sys

import buildbot_cfg
import pytest
from buildbot_cfg import _policy

MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages(buildbot_cfg.__path__, "buildbot_cfg.")
    if info.name not in ("buildbot_cfg._core", "buildbot_cfg._bases")
)


class Finder(doctest.DocTestFinder):
    """Classes say that they are from ``buildbot``."""

    def _from_module(self, module, value):
        if inspect.isclass(value) and value.__module__.startswith("buildbot."):
            return value.__module__.replace("buildbot", "buildbot_cfg", 1) == module.__name__
        return super()._from_module(module, value)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name):
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in Finder().find(importlib.import_module(name)):
        runner.run(test)

    assert runner.failures == 0


def test_there_are_examples():
    finder = Finder()
    examples = [
        test
        for name in MODULES
        for test in finder.find(importlib.import_module(name))
        if test.examples
    ]

    assert len(examples) >= 20


def test_every_name_of_the_namespaces_is_documented():
    from buildbot import plugins
    from buildbot_cfg.plugins._names import NAMES

    undocumented = [
        f"{category}.{name}"
        for category, names in NAMES.items()
        for name in names
        if inspect.isclass(made := plugins.get_plugins(category).get(name))
        and not made.__dict__.get("__doc__")
    ]

    assert undocumented == []


@pytest.fixture
def untouched(monkeypatch):
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))


def test_a_script_runs_with_its_arguments_and_exit_status(untouched, tmp_path, capsys):
    script = tmp_path / "script.py"
    (tmp_path / "beside.py").write_text("WORD = 'beside'\n")
    script.write_text(
        "import sys, beside\nfrom buildbot.plugins import util\n"
        "print(__name__, sys.argv[1:], beside.WORD, util.FAILURE)\nsys.exit(3)\n"
    )

    assert _policy.run_script([str(script), "a", "b"]) == 3
    assert capsys.readouterr().out == "__main__ ['a', 'b'] beside 2\n"


@pytest.mark.parametrize(
    ("argv", "status", "out", "err"),
    [
        (["-c", "import sys; print(sys.argv)", "x"], 0, "['-c', 'x']\n", ""),
        (["-c", "raise SystemExit('no')"], 1, "", "no\n"),
        (["-c", "1 / 0"], 1, "", "ZeroDivisionError: division by zero\n"),
        (["-m", "json.tool", "--help"], 0, "usage: ", ""),
        (["-c"], 2, "", "kilnbot python: -c needs an argument\n"),
        ([], 2, "", "kilnbot python: give a script, -c CODE or -m MODULE\n"),
        (["/nonexistent.py"], 1, "", "No such file or directory: '/nonexistent.py'\n"),
    ],
    ids=repr,
)
def test_code_and_modules_run(untouched, capsys, argv, status, out, err):
    assert _policy.run_script(argv) == status
    got = capsys.readouterr()
    assert got.out.startswith(out)
    assert got.err.endswith(err)
