# SPDX-License-Identifier: MIT
"""Old spellings: each is refused with today's spelling; KilnbotConfig["lenient"] takes those that are beyond doubt."""

from __future__ import annotations

import pytest
from buildbot_cfg import _old_spellings

BASE = """\
from buildbot.plugins import *
from buildbot.plugins import changes, reporters, schedulers, steps, util, worker
KilnbotConfig = {"lenient": %s}
c = BuildmasterConfig = {}
c['protocols'] = {'pb': {'port': 9989}}
c['workers'] = [worker.Worker('w1', 'pw')]
f = util.BuildFactory()
c['builders'] = [util.BuilderConfig(name='b1', workernames=['w1'], factory=f)]
c['schedulers'] = [schedulers.ForceScheduler(name='force', builderNames=['b1'])]
def builder(**given):
    c['builders'] = [util.BuilderConfig(name='b1', factory=f, **given)]
"""

# (old argument, what makes use of it, the expression that shows that it was taken, its value)
ARGUMENTS = [
    ("buildslaveName", "builder({}='w1')", "c['builders'][0].workernames", ["w1"]),
    ("slavename", "builder({}='w1')", "c['builders'][0].workernames", ["w1"]),
    ("slavenames", "builder({}=['w1'])", "c['builders'][0].workernames", ["w1"]),
    ("mergeRequests", "builder(workername='w1', {}=False)", "c['builders'][0].collapseRequests", False),
    ("slavebuilddir", "builder(workername='w1', {}='dir')", "c['builders'][0].workerbuilddir", "dir"),
    ("category", "builder(workername='w1', {}='fast')", "c['builders'][0].tags", ["fast"]),
    ("pollinterval", "x = changes.GitPoller(repourl='git://h/r', {}=77)", "x._config_kwargs['pollInterval']", 77),
    ("slavesrc", "x = steps.FileUpload({}='a', masterdest='b')", "x.workersrc", "a"),
    ("slavedest", "x = steps.FileDownload(mastersrc='a', {}='b')", "x.workerdest", "b"),
    ("wantProperties", "x = reporters.MessageFormatter({}=False)", "x.want_properties", False),
    ("wantSteps", "x = reporters.MessageFormatter({}=True)", "x.want_steps", True),
    ("wantLogs", "x = reporters.MessageFormatter({}=True)", "x.want_logs", True),
]  # fmt: skip
KEYS = {
    "slaves": ("[worker.Worker('w9', 'pw')]", "workers"),
    "slavePortnum": ("9988", "protocols"),
    "mergeRequests": ("False", "collapseRequests"),
    "projectName": ("'mine'", "title"),
    "projectURL": ("'http://x.org/'", "titleURL"),
}
POSITIONAL = {
    "Nightly": ("x = schedulers.Nightly('n', ['b1'], 30, 4)", "(x.minute, x.hour)", (30, 4)),
    "Periodic": ("x = schedulers.Periodic('p', ['b1'], 60)", "x.periodicBuildTimer", 60),
}
# An argument that has moved, by a call that has it.
MOVED = {
    "add_logs": "reporters.MessageFormatter(add_logs=True)",
    "addLogs": "reporters.MailNotifier(fromaddr='a@x.org', addLogs=True)",
    "builders": "reporters.MailNotifier(fromaddr='a@x.org', builders=['b1'])",
    "buildSetSummary": "reporters.MailNotifier(fromaddr='a@x.org', buildSetSummary=True)",
    "category": "util.BuilderConfig(name='x', workername='w1', factory=f, category='fast')",
    "endDescription": "reporters.GitHubStatusPush(token='t', endDescription='done')",
    "format_fn": "reporters.HttpStatusPush(serverUrl='http://x.org', format_fn=len)",
    "messageFormatter": "reporters.MailNotifier(fromaddr='a@x.org', messageFormatter=None)",
    "messageFormatterMissingWorker": (
        "reporters.MailNotifier(fromaddr='a@x.org', messageFormatterMissingWorker=None)"
    ),
    "mode": "reporters.MailNotifier(fromaddr='a@x.org', mode=['failing'])",
    "reviewArg": "reporters.GerritStatusPush('server', 'user', reviewArg=1)",
    "reviewCB": "reporters.GerritStatusPush('server', 'user', reviewCB=len)",
    "startDescription": "reporters.GitHubStatusPush(token='t', startDescription='go')",
    "subject": "reporters.MailNotifier(fromaddr='a@x.org', subject='s')",
    "template_dir": "reporters.MessageFormatter(template_dir='/x')",
    "template_filename": "reporters.MessageFormatter(template_filename='x')",
    "watchedWorkers": "reporters.MailNotifier(fromaddr='a@x.org', watchedWorkers='all')",
    "password_hash": "util.UserPasswordAuth(password_hash='x')",
}


def load_with(load, lenient, line, shown="None"):
    return load(BASE % lenient + f"{line}\nBuildmasterConfig['title'] = repr({shown})\n")


def test_every_old_argument_is_tested():
    assert {old for old, *_ in ARGUMENTS} == {*_old_spellings.ARGUMENTS, "category"}
    assert set(KEYS) == set(_old_spellings.KEYS)
    assert set(POSITIONAL) == set(_old_spellings.POSITIONAL)
    assert set(MOVED) == set(_old_spellings.MOVED)


@pytest.mark.parametrize(
    ("old", "line", "shown", "value"), ARGUMENTS, ids=[a[0] for a in ARGUMENTS]
)
def test_lenient_takes_old_arguments_with_a_warning(load, old, line, shown, value):
    result = load_with(load, True, line.format(old), shown)

    assert result.problems == []
    assert result.config.title == repr(value)
    new = _old_spellings.ARGUMENTS.get(old, "tags")
    assert [w for w in result.config.warnings if f'"{old}" is called "{new}" today' in w]


@pytest.mark.parametrize(("old", "line"), [a[:2] for a in ARGUMENTS], ids=[a[0] for a in ARGUMENTS])
def test_old_arguments_are_refused_with_the_new_name(load, old, line):
    result = load_with(load, False, line.format(old))

    told = [what for *_, what in result.problems if f'"{old}"' in what]
    new = _old_spellings.ARGUMENTS.get(old)
    assert len(told) == 1
    assert told[0].startswith(f'unknown argument "{old}"')
    assert (f'did you mean "{new}"' if new else "say tags=[...]") in told[0]
    assert result.config is None


@pytest.mark.parametrize("old", KEYS)
def test_lenient_takes_old_keys_with_a_warning(load, old):
    value, new = KEYS[old]
    unset = "c.pop('workers'); c.pop('builders'); c.pop('schedulers'); " if old == "slaves" else ""
    result = load(BASE % True + f"c.pop({new!r}, None); {unset}c[{old!r}] = {value}\n")

    view = result.config
    told = [p for p in result.problems if old != "slaves"]  # without builders there is more to tell
    assert told == []
    if old == "slaves":
        assert not [
            what for *_, what in result.problems if "slaves" in what or "unknown key" in what
        ]
        return
    seen = {
        "slavePortnum": view.pb_ports == ["9988"],
        "mergeRequests": view.builders[0].collapse == "off",
        "projectName": view.title == "mine",
        "projectURL": view.title_url == "http://x.org/",
    }
    assert seen[old], vars(view)
    assert [w for w in view.warnings if old in w and new in w]


@pytest.mark.parametrize("old", KEYS)
def test_old_keys_are_refused_with_the_new_name(load, old):
    value, new = KEYS[old]
    result = load(BASE % False + f"c[{old!r}] = {value}\n")

    assert [(thing, what) for _, _, thing, what in result.problems] == [
        (f'c["{old}"]', f'unknown key (did you mean "{new}"?)')
    ]


@pytest.mark.parametrize("key", _old_spellings.MOVED_KEYS)
@pytest.mark.parametrize("lenient", [True, False])
def test_keys_that_moved_are_refused_with_where_to(load, key, lenient):
    result = load(BASE % lenient + f"c[{key!r}] = []\n")

    assert len(result.problems) == 1
    assert result.problems[0][2] == f'c["{key}"]'
    assert _old_spellings.MOVED_KEYS[key] in result.problems[0][3]


@pytest.mark.parametrize("name", POSITIONAL)
def test_lenient_takes_arguments_by_position(load, name):
    line, shown, value = POSITIONAL[name]
    result = load_with(load, True, line, shown)

    assert result.problems == []
    assert result.config.title == repr(value)
    assert [w for w in result.config.warnings if "must be named" in w and name in w]


@pytest.mark.parametrize("name", POSITIONAL)
def test_arguments_by_position_are_refused(load, name):
    result = load_with(load, False, POSITIONAL[name][0])

    assert result.config is None
    assert [what for *_, what in result.problems if "position" in what]


@pytest.mark.parametrize("old", MOVED)
@pytest.mark.parametrize("lenient", [True, False])
def test_arguments_that_moved_are_refused_with_where_to(load, old, lenient):
    if lenient and old == "category":
        return  # that one has a meaning beyond doubt
    result = load_with(load, lenient, MOVED[old])

    told = [what for *_, what in result.problems if f'"{old}"' in what]
    assert len(told) == 1, result.problems
    assert _old_spellings.MOVED[old] in told[0]


@pytest.mark.parametrize("module", _old_spellings.MODULES)
def test_modules_that_are_gone_name_what_to_import(load, module):
    part = module + ".base" if module in _old_spellings.PACKAGES else module
    result = load(BASE % False + f"import {part}\n")

    assert result.config is None
    assert [what for *_, what in result.problems if _old_spellings.MODULES[module] in what]


@pytest.mark.parametrize("module", _old_spellings.SAME_AS)
def test_lenient_takes_modules_of_the_same_content(load, module):
    name = "SUCCESS" if "status" in module else "MakeDirectory"
    result = load_with(load, True, f"from {module} import {name}", f"{name}.__class__.__name__")

    assert result.problems == []
    assert [w for w in result.config.warnings if module in w]


def test_old_ways_to_write_steps_name_the_new_ones(load):
    result = load(
        BASE % True
        + "from buildbot.process.buildstep import BuildStep\n"
        + "class Old(BuildStep):\n"
        + "    parms = BuildStep.parms + ['x']\n"
    )

    ((_, line, _, what),) = result.problems
    assert line == 14
    assert "write __init__(self, **kwargs)" in what


def test_a_step_with_start_instead_of_run_is_told(load):
    result = load(
        BASE % True
        + "from buildbot.process.buildstep import BuildStep\n"
        + "class Old(BuildStep):\n"
        + "    def start(self):\n"
        + "        self.finished(0)\n"
        + "class New(BuildStep):\n"
        + "    def run(self):\n"
        + "        return 0\n"
        + "f.addStep(New())\n"
        + "f.addStep(Old())\n"
    )

    assert result.problems == []
    (told,) = result.config.warnings
    assert 'step "generic" (Old): start() is not called any more: write async def run(self)' in told
