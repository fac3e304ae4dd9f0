# SPDX-License-Identifier: MIT
"""All errors of a file are told, those behind an exception too; what only follows from one is not."""

from __future__ import annotations

import pytest

HEAD = """\
from buildbot.plugins import *
c = BuildmasterConfig = {}
c["protocols"] = {"pb": {"port": 9989}}
c["workers"] = [worker.Worker("w1", "pw")]
"""


@pytest.fixture
def lines(load):
    """Line (counted behind HEAD) and text of each problem."""

    def of(text):
        begin = HEAD.count("\n")
        return [(line - begin, what) for _, line, _, what in load(HEAD + text).problems]

    return of


def test_statements_behind_a_failure_are_looked_at(lines):
    found = lines("""\
f = util.BuildFactory()
f.addStep(steps.ShelCommand(command="x"))
f.addStep(steps.ShellCommand(comand="x"))
c["builders"] = [util.BuilderConfig(name="b", worker="w1", factory=f)]
number = 1 / 0
c["schedulers"] = [schedulers.ForceScheduler(name="force")]
""")

    assert {line for line, _ in found} == {2, 3, 4, 5, 6}
    by_line = dict(reversed(found))
    assert by_line[2] == 'AttributeError: "steps" has no "ShelCommand" (did you mean "ShellCommand"?)'  # fmt: skip
    assert (3, 'unknown argument "comand" (did you mean "command"?)') in found
    assert by_line[5] == "ZeroDivisionError: division by zero"
    assert by_line[6] == 'argument "builderNames" is missing'


def test_what_follows_from_a_failure_is_not_told(lines):
    found = lines("""\
f = util.NoFactory()
def after():
    return f
g, h = after(), 1
c["builders"] = [util.BuilderConfig(name="b", workername="w1", factory=g)]
names = [builder.name for builder in c["builders"]]
class Own(names.Base): pass
Own()
import nosuchmodule as missing, os
missing.call(os)
print(undefined)
""")

    assert [(line, what.split(":")[0]) for line, what in found] == [
        (1, "AttributeError"),
        (9, "ModuleNotFoundError"),
        (11, "NameError"),
    ]


@pytest.mark.parametrize(
    "last",
    [
        "raise RuntimeError('no')",
        "assert False, 'no'",
        "import sys; sys.exit(3)",
        "def check():\n    raise ValueError('no')\ncheck()",
    ],
)
def test_nothing_runs_behind_the_files_own_end(lines, tmp_path, last):
    mark = tmp_path / "mark"
    found = lines(f"{last}\nopen({str(mark)!r}, 'w').close()\n1 / 0\n")

    assert len(found) == 1
    assert not mark.exists()


def test_a_failure_in_a_module_names_the_module(load, tmp_path):
    problems = load(HEAD + "import parts\nc['titel'] = 1\n1 / 0\n", parts="x = 1\ny = x.nothing\n").problems  # fmt: skip

    assert [(file.rsplit("/", 1)[1], line) for file, line, *_ in problems] == [
        ("master.cfg", 7),
        ("parts.py", 2),
    ]


def test_future_imports_hold_for_the_rest(lines):
    found = lines("1 / 0\ndef f(x: NotThere) -> AlsoNot: ...\n")
    assert [line for line, _ in found] == [1, 2]

    text = "from __future__ import annotations\n" + HEAD + "1 / 0\ndef f(x: NotThere): ...\n"
    import ast

    import buildbot_cfg._execution as execution

    tree = ast.parse(text)
    told = []
    namespace = {}
    assert not execution.Execution(tree, "x.cfg", namespace).run(told.append)
    assert [type(error) for error in told] == [ZeroDivisionError]
    assert namespace["f"].__annotations__ == {"x": "NotThere"}


def test_endless_failures_are_cut(lines):
    assert len(lines("1 / 0\n" * 80)) == 50
