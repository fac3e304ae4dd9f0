# SPDX-License-Identifier: MIT
"""Bad configurations: every error at once, each with its line and object."""

import pytest

GOOD = """\
from buildbot.plugins import *
from buildbot.plugins import steps, util
c = BuildmasterConfig = {}
c['protocols'] = {'pb': {'port': 9989}}
c['workers'] = [worker.Worker('w1', 'pw')]
f = util.BuildFactory([steps.ShellCommand(command='true')])
c['builders'] = [util.BuilderConfig(name='runtests', workernames=['w1'], factory=f)]
c['schedulers'] = [schedulers.ForceScheduler(name='force', builderNames=['runtests'])]
"""

# name: (lines added to GOOD, [(line below GOOD, object, what)])
BAD = {
    "exception": ("x = {}['nosuch']", [(1, "", "KeyError: 'nosuch'")]),
    "syntax error": ("if True print(1)", [(1, "", "syntax error: invalid syntax: if True print(1)")]),
    "plugin name": (
        "steps.ShelCommand(command='x')",
        [(1, "", 'AttributeError: "steps" has no "ShelCommand" (did you mean "ShellCommand"?)')],
    ),
    "unknown keyword of a step": (
        "f.addStep(steps.ShellCommand(command='x', haltOnFailur=True))",
        [(1, 'step "shell" (ShellCommand)', 'unknown argument "haltOnFailur" (did you mean "haltOnFailure"?)')],
    ),
    "old keyword of a builder": (
        "util.BuilderConfig(name='x', slavenames=['w1'], factory=f)",
        [
            (1, 'BuilderConfig "x"', 'unknown argument "slavenames" (did you mean "workernames"?)'),
            (1, 'builder "x"', "at least one workername is required"),
        ],
    ),
    "missing argument": ("worker.Worker('w2')", [(1, 'Worker "w2"', 'argument "password" is missing')]),
    "positional arguments of a step": (
        "f.addStep(steps.ShellCommand('make'))",
        [
            (1, 'ShellCommand "make"', "takes no positional arguments, 1 given; name them"),
            (1, "step (ShellCommand)", 'argument "command" is missing'),
        ],
    ),
    "wrong type of a flag": (
        "f.addStep(steps.ShellCommand(command='x', haltOnFailure=1))",
        [(1, 'step "shell" (ShellCommand)', '"haltOnFailure" must be True or False or a renderable, not 1 (int)')],
    ),
    "wrong type of a key": ("c['title'] = 3", [(1, 'c["title"]', "must be a string, not 3 (int)")]),
    "builder as a dict": (
        "c['builders'] = [dict(name='runtests', workernames=['w1'], factry=f)]",
        [
            (1, 'BuilderConfig "runtests"', 'unknown argument "factry" (did you mean "factory"?)'),
            (1, 'builder "runtests"', 'argument "factory" is missing'),
        ],
    ),
    "unknown key": ("c['shedulers'] = []", [(1, 'c["shedulers"]', 'unknown key (did you mean "schedulers"?)')]),
    "unknown www key": (
        "c['www'] = {'prt': 8010}",
        [(1, 'c["www"]["prt"]', 'unknown key (did you mean "port"?)')],
    ),
    "unknown builder": (
        "c['schedulers'].append(schedulers.SingleBranchScheduler(name='s', branch='m',\n"
        "    builderNames=['runtest']))",
        [(1, 'scheduler "s"', 'unknown builder "runtest" in "builderNames" (did you mean "runtests"?)')],
    ),
    "unknown worker": (
        "c['builders'].append(util.BuilderConfig(name='x', workernames=['w2'], factory=f))\n"
        "c['schedulers'][0].builderNames.append('x')",
        [(1, 'builder "x"', 'unknown worker "w2" (did you mean "w1"?)')],
    ),
    "renderable within a property": (
        "c['builders'].append(util.BuilderConfig(name='x', workernames=['w1'], factory=f,\n"
        "    properties={'p': [util.Property('q')], 'r': util.Property('q')}))\n"
        "c['schedulers'][0].builderNames.append('x')",
        [
            (
                1,
                'builder "x"',
                'property "p" is a list or dict that holds a renderable: only a whole value can be one',
            )
        ],
    ),
    "duplicate builder": (
        "c['builders'] += [util.BuilderConfig(name='runtests', workernames=['w1'], factory=f)]",
        [(1, 'builder "runtests"', "another builder has this name")],
    ),
    "duplicate builddir": (
        "c['builders'] += [util.BuilderConfig(name='x', builddir='runtests', workernames=['w1'], factory=f)]\n"
        "c['schedulers'][0].builderNames.append('x')",
        [(1, 'builder "x"', 'the builddir "runtests" is also that of builder "runtests"')],
    ),
    "duplicate worker": (
        "c['workers'].append(worker.Worker('w1', 'x'))",
        [(1, 'worker "w1"', "another worker has this name")],
    ),
    "duplicate scheduler": (
        "c['schedulers'].append(schedulers.ForceScheduler(name='force', builderNames=['runtests']))",
        [(1, 'scheduler "force"', "another scheduler has this name")],
    ),
    "duplicate poller": (
        "c['change_source'] = [changes.GitPoller('u', branch='a'),\n changes.GitPoller('u', branch='b')]",
        [(2, 'change source "u"', "another change source has this name: give them different name= arguments")],
    ),
    "builder without scheduler": (
        "c['builders'].append(util.BuilderConfig(name='x', workernames=['w1'], factory=f))",
        [(1, 'builder "x"', "no scheduler names this builder")],
    ),
    "malformed interpolate": ("util.Interpolate('%(prp:x)s')", [(1, "Interpolate('%(prp:x)s')", None)]),
    "filter and branch": (
        "c['schedulers'].append(schedulers.SingleBranchScheduler(name='s', branch='m', builderNames=['runtests'],"
        " change_filter=util.ChangeFilter(branch='x')))",
        [(1, 'scheduler "s"', '"branch" and "change_filter" exclude each other')],
    ),
    "neither filter nor branch": (
        "c['schedulers'].append(schedulers.SingleBranchScheduler(name='s', builderNames=['runtests']))",
        [(1, 'scheduler "s"', '"branch" or "change_filter" is required')],
    ),
    "worker name": ("worker.Worker('a b', 'x')", [(1, 'worker "a b"', 'name "a b" must consist of letters, digits, "-" and "_"')]),
    "step class instead of step": (
        "f.addStep(steps.ShellCommand)",
        [(1, "build factory", "addStep takes a step, not the class ShellCommand: write ShellCommand(...)")],
    ),
    "changed step": (
        "s = steps.ShellCommand(command='x')\ns.command = 'y'",
        [(2, 'step "shell" (ShellCommand)', '"command" cannot be set on a finished step: pass it as an argument')],
    ),
    "not a worker": ("c['workers'].append('w2')", [(5, 'c["workers"]', "must hold workers, not 'w2' (str)")]),
    "own error": (
        "from buildbot import config\nconfig.error('my check failed')",
        [(2, "", "my check failed")],
    ),
    "exit": ("import sys\nsys.exit(3)", [(2, "", "the file ends the process (exit status 3)")]),
    "removed key": ("c['slavePortnum'] = 9989", [(1, 'c["slavePortnum"]', 'unknown key (did you mean "protocols"?)')]),
    "missing msgpack port": ("c['protocols'] = {'pb': {'port': 9989}, 'msgpack_experimental_v7': {}}", [
        (1, 'c["protocols"]["msgpack_experimental_v7"]', '"port" is missing'),
    ]),
    "missing port": ("c['protocols'] = {'pb': {}}", [
        (1, 'c["protocols"]["pb"]', '"port" is missing'),
        (1, 'c["protocols"]', "workers are configured, but no port for them: c['protocols'] = {'pb': {'port': 9989}}"),
    ]),
    "name of a step": (
        "f.addStep(steps.ShellCommand(command='x', name='n' * 51))",
        [(1, f'step "{"n" * 51}" (ShellCommand)', "the name has 51 characters, more than 50")],
    ),
    "git without repository": ("steps.Git()", [(1, 'step "git" (Git)', 'argument "repourl" is missing')]),
    "git mode": (
        "steps.Git(repourl='u', mode='fullish')",
        [(1, 'step "git" (Git)', "\"mode\" must be \"incremental\" or \"full\", not 'fullish' (str)")],
    ),
    "poller keyword": (
        "changes.GitPoller('u', pollinterval=3)",
        [(1, 'GitPoller "u"', 'unknown argument "pollinterval" (did you mean "pollInterval"?)')],
    ),
    "parameter name": (
        "util.StringParameter(name='owner')",
        [(1, 'StringParameter "owner"', '"owner" is reserved and cannot be the name of a parameter')],
    ),
    "module of a later version": (
        "from buildbot.status import mail",
        [
            (
                1,
                "",
                "ModuleNotFoundError: no module named 'buildbot.status.mail' in this version of Kilnbot: from"
                " buildbot.plugins import reporters: reporters.MailNotifier",
            )
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_an_error_names_its_line_its_object_and_what_is_wrong(load, tmp_path, name):
    added, expected = BAD[name]

    result = load(GOOD + added + "\n")

    base = GOOD.count("\n")
    found = [(line, object, what) for _, line, object, what in result.problems]
    wanted = []
    for line, object, what in expected:
        line = 5 if name == "not a worker" else line + base
        matching = [w for _, o, w in found if o == object] if what is None else [what]
        wanted.append((line, object, matching[0] if matching else None))
    assert found == wanted
    assert {file for file, *_ in result.problems} == {str(tmp_path / "master.cfg")}
    assert result.config is None


def test_all_errors_come_at_once(load):
    result = load(
        GOOD
        + """\
f.addStep(steps.Compile(commnd=['make']))
c['workers'].append(worker.Worker('w 2', 'pw'))
c['builders'].append(util.BuilderConfig(name='b2', workernames=['w9'], factory=f))
c['titel'] = 'x'
{}['boom']
"""
    )

    assert [(line - GOOD.count("\n"), object) for _, line, object, _ in result.problems] == [
        (1, 'step "compile" (Compile)'),
        (2, 'worker "w 2"'),
        (5, ""),
    ]


def test_cross_checks_go_on_after_errors_of_arguments(load):
    result = load(
        GOOD
        + """\
f.addStep(steps.Compile(commnd=['make']))
c['builders'].append(util.BuilderConfig(name='b2', workernames=['w9'], factory=f))
c['schedulers'][0].builderNames.append('b2')
c['titel'] = 'x'
"""
    )

    assert [(line - GOOD.count("\n"), object) for _, line, object, _ in result.problems] == [
        (1, 'step "compile" (Compile)'),
        (2, 'builder "b2"'),
        (4, 'c["titel"]'),
    ]


def test_an_exception_in_a_neighbouring_module_names_that_file(load, tmp_path):
    result = load("import parts\n", parts="\n\ndef go():\n    return 1 / 0\n\ngo()\n")

    assert result.problems == [
        (str(tmp_path / "parts.py"), 4, "", "ZeroDivisionError: division by zero")
    ]


def test_an_exception_inside_a_library_names_the_users_line(load, tmp_path):
    result = load("import json\n\njson.loads('{')\n")

    ((file, line, _, what),) = result.problems
    assert (file, line) == (str(tmp_path / "master.cfg"), 3)
    assert what.startswith("JSONDecodeError: ")


def test_a_missing_file_is_one_sentence(tmp_path):
    from buildbot_cfg import _policy

    result = _policy.load(str(tmp_path / "none.cfg"), str(tmp_path))

    path = str(tmp_path / "none.cfg")
    assert result.problems == [(path, 0, "", "cannot read the file: No such file or directory")]


def test_a_file_without_configuration_says_so(load):
    ((_, _, _, what),) = load("x = 1\n").problems

    assert what == "the file does not define BuildmasterConfig (c = BuildmasterConfig = {})"


def test_keys_without_effect_give_one_warning_each(good):
    view = good(
        GOOD + "c['changeHorizon'] = 3\nc['www'] = {'avatar_methods': util.AvatarGravatar()}\n"
    )

    assert [warning.split(": ", 1)[1] for warning in view.warnings] == [
        'c["changeHorizon"]: accepted, not active in this version',
        "AvatarGravatar: accepted, not active in this version",
    ]


def test_outside_a_load_errors_are_raised():
    from buildbot.config import ConfigErrors
    from buildbot.plugins import steps, util

    with pytest.raises(ConfigErrors, match="commnd"):
        steps.Compile(commnd=["make"])
    with pytest.raises(TypeError, match='unknown argument "category"'):
        util.BuilderConfig(name="x", category="y")
