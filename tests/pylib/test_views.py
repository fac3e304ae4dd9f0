# SPDX-License-Identifier: MIT
"""What the core reads of a configuration."""

from pathlib import Path

import pytest

HEAD = """\
from buildbot.plugins import *
c = BuildmasterConfig = {}
c['protocols'] = {'pb': {'port': 9989}}
c['workers'] = [worker.Worker('w1', 'pw', max_builds=2, properties={'os': 'linux'})]
f = util.BuildFactory()
c['builders'] = [util.BuilderConfig(name='a.b', workernames=['w1'], factory=f, env={'E': util.Property('a')},
    properties={'p': 1}, defaultProperties={'d': 2}, tags=['t'])]
c['schedulers'] = [schedulers.ForceScheduler(name='force', builderNames=['a.b'])]
"""


def native(good, step, extra=""):
    (recipe,) = good(HEAD + extra + f"f.addStep({step})\n").builders[0].steps
    assert (recipe.native is None) == (recipe.python is not None)
    return recipe


NATIVE = {
    "string": "steps.ShellCommand(command='true')",
    "list": "steps.ShellCommand(command=['a', ['b', util.Interpolate('%(prop:x)s')], util.Property('y', 'z')])",
    "nested default": "steps.ShellCommand(command=util.Interpolate('%(kw:a)s', a=util.Property('b')), env={'A': util.Property('a')})",
    "switched off": "steps.ShellCommand(command='x', doStepIf=False, hideStepIf=True, alwaysRun=True)",
    "subclass with attributes": "Mine()",
    "configure": "steps.Configure()",
    "plain flag over a renderable one": "Late(command='x', haltOnFailure=True)",
}
PYTHON = {
    "renderer": "steps.ShellCommand(command=late)",
    "lambda": "steps.ShellCommand(command='x', doStepIf=lambda step: True)",
    "transform": "steps.ShellCommand(command=util.Transform(str, 'x'))",
    "operator": "steps.ShellCommand(command=util.Property('a') + 'x')",
    "positional interpolate": "steps.ShellCommand(command=util.Interpolate('%s', 'x'))",
    "own interpolate": "steps.ShellCommand(command=Own('x'))",
    "obfuscated": "steps.ShellCommand(command=['a', ('obfuscated', 'real', 'shown')])",
    "override": "Override(command='x')",
    "mixin": "Mixed(command='x')",
    "own constructor": "Init('x', haltOnFailure=True)",
    "warnings": "steps.Compile()",
    "encoding": "steps.ShellCommand(command='x', logEncoding='latin-1')",
    "renderable flag of the class": "Late(command='x')",
    "renderable flag": "steps.ShellCommand(command='x', haltOnFailure=util.Property('h'))",
}
CLASSES = """\
class Mine(steps.ShellCommand):
    name = 'mine'
    command = ['make']
    haltOnFailure = True
class Late(steps.ShellCommand):
    haltOnFailure = util.Property('h')
class Override(steps.ShellCommand):
    def getResultSummary(self):
        return {'step': 'x'}
class Mixin:
    async def run(self):
        return 0
class Mixed(Mixin, steps.ShellCommand):
    pass
class Own(util.Interpolate):
    pass
class Init(steps.ShellCommand):
    def __init__(self, word, **kwargs):
        super().__init__(command=['echo', word], **kwargs)
@util.renderer
def late(props):
    return 'x'
"""


@pytest.mark.parametrize("name", NATIVE)
def test_stock_steps_are_native(good, name):
    assert native(good, NATIVE[name], CLASSES).native is not None


@pytest.mark.parametrize("name", PYTHON)
def test_everything_else_is_python(good, name):
    assert native(good, PYTHON[name], CLASSES).python is not None


def test_a_native_step_has_all_its_fields(good):
    step = """steps.ShellCommand(command=['make', util.Interpolate('-j%(kw:n)s', n=util.Property('cpus', 2))],
        workdir='w', timeout=5, maxTime=None, usePTY=True, decodeRC={0: 0, 3: 1}, logfiles={'l': 'f'},
        warnOnFailure=True, flunkOnFailure=False, name='compile', description='d', interruptSignal='TERM')"""

    recipe = native(good, step)
    fields = {**recipe.shared, **recipe.native}

    make, (kind, core, keywords) = fields["command"]
    assert (make, kind, keywords) == ("make", "interpolate", {"n": ("property", "cpus", 2, True)})
    assert core.keyword_names == ["n"]
    assert fields["flags"] == (False, False, False, True, False)
    assert fields["build_summary_policy"] == [4, 5, 6, 2]
    plain = {
        k: fields[k]
        for k in ("workdir", "timeout", "max_time", "use_pty", "decode_rc", "log_files", "name")
    }
    assert plain == {
        "workdir": "w", "timeout": 5, "max_time": None, "use_pty": True, "decode_rc": {0: 0, 3: 1},
        "log_files": {"l": "f"}, "name": "compile",
    }  # fmt: skip
    assert fields["interrupt_signal"] == "TERM"


def test_an_environment_that_needs_python_makes_all_steps_python(good):
    view = good(
        HEAD.replace("util.Property('a')", "util.renderer(lambda p: 'x')")
        + "f.addStep(steps.Configure())"
    )

    assert view.builders[0].env == {}
    assert view.builders[0].steps[0].native is None


def test_builders_and_workers_are_read(good):
    view = good(HEAD)
    builder, worker = view.builders[0], view.workers[0]

    assert (builder.name, builder.builddir, builder.worker_builddir) == ("a.b", "a_b", "a_b")
    assert builder.properties == {"p": (1, "Builder")}
    assert builder.default_properties == {"d": (2, "Builder")}
    assert builder.env == {"E": ("property", "a", None, True)}
    assert (builder.collapse, builder.hooks, builder.tags) == ("rule", None, ["t"])
    assert (worker.name, worker.password, worker.max_builds) == ("w1", "pw", 2)
    assert worker.properties == {"os": ("linux", "Worker")}
    assert worker.class_name == "buildbot.worker.base.Worker"
    assert view.pb_ports == ["9989"]


def test_workers_may_speak_msgpack_only(good):
    view = good(
        HEAD.replace(
            "{'pb': {'port': 9989}}", "{'msgpack_experimental_v7': {'port': 'tcp:9990'}, 'x': {}}"
        )
    )

    assert (view.pb_ports, view.msgpack_ports) == ([], ["tcp:9990"])


def test_scheduler_filters_are_native_when_they_only_compare(good):
    view = good(
        HEAD
        + """\
S = schedulers.SingleBranchScheduler
c['schedulers'] += [
    S(name='plain', branch='main', builderNames=['a.b'], treeStableTimer=3, codebases={'x': {'branch': 'd'}}),
    S(name='lists', change_filter=util.ChangeFilter(branch=['m', None], project_not_eq='p'), builderNames=['a.b']),
    S(name='pattern', change_filter=util.ChangeFilter(branch_re='m.*'), builderNames=['a.b']),
    S(name='important', branch='m', fileIsImportant=lambda change: True, builderNames=['a.b']),
]
"""
    )
    _, plain, lists, pattern, important = view.schedulers

    assert plain.filter == [("branch", ["main"], False)]
    assert (plain.hooks, plain.tree_stable_timer, plain.kind) == (None, 3, "single_branch")
    assert plain.codebases == {
        "x": {"branch": "d", "revision": None, "repository": "", "project": ""}
    }
    assert plain.reason == "The SingleBranchScheduler scheduler named 'plain' triggered this build"
    assert lists.filter == [("project", ["p"], True), ("branch", ["m", None], False)]
    assert pattern.hooks is not None
    assert important.hooks is not None


def test_functions_of_the_configuration_are_called_with_what_buildbot_gives_them(good, run):
    from buildbot_cfg import _policy

    view = good(
        HEAD
        + """\
def collapse(master, builder, newer, older):
    return builder.name == 'a.b' and (older['x'], newer['x']) == (1, 2)
c['collapseRequests'] = collapse
"""
    )
    hooks = view.builders[0].hooks

    assert view.builders[0].collapse == "callback"
    assert run(_policy.collapse(hooks, {"x": 2}, {"x": 1})) is True
    assert run(_policy.collapse(hooks, {"x": 1}, {"x": 1})) is False


def test_titles_urls_and_www_are_read(good):
    view = good(
        HEAD
        + """\
c['title'], c['titleURL'], c['buildbotURL'] = 'T', 'http://t', 'http://b'
c['www'] = dict(port=8010, change_hook_dialects={'base': True}, allowed_origins=['*'], json_cache_seconds=4,
                ui_default_config={'a': 1})
c['db'] = {'db_url': 'sqlite:///x.sqlite'}
c['properties'] = {'g': 'v'}
"""
    )

    assert (view.title, view.title_url, view.buildbot_url) == ("T", "http://t/", "http://b/")
    assert (view.www.pop("auth")["name"], view.www.pop("authz")) == ("NoAuth", None)
    assert view.www == {
        "port": "8010", "hook_base": True, "allowed_origins": ["*"], "json_cache_seconds": 4,
        "session_seconds": 604800,
        "settings": {"ui_default_config": {"a": 1}, "allowed_origins": ["*"], "json_cache_seconds": 4},
    }  # fmt: skip
    assert view.db_url == "sqlite:///x.sqlite"
    assert view.properties["g"][0] == "v"


def test_a_configuration_may_use_its_folder_and_modules_beside_it(good, tmp_path):
    text = """\
import names
assert basedir in __file__
import pathlib
exec(pathlib.Path(basedir, 'part.py').read_text())
for name in names.NAMES:
    c['builders'].append(util.BuilderConfig(name=name, workername='w1', factory=f))
    c['schedulers'][0].builderNames.append(name)
"""
    view = good(HEAD + text, names="NAMES = ['x', 'y']", part="")

    assert [builder.name for builder in view.builders] == ["a.b", "x", "y"]


SAMPLES = Path(__file__).parents[2] / "sample_configs"


@pytest.mark.parametrize(
    "sample", sorted(path.parent.name for path in SAMPLES.glob("*/master.cfg"))
)
def test_the_samples_load(sample):
    from buildbot_cfg import _policy

    path = SAMPLES / sample / "master.cfg"
    result = _policy.load(str(path), str(path.parent))

    assert result.problems == []
    assert result.config.warnings == []
    assert result.config.builders


def test_builders_that_are_dicts_become_objects(good):
    view = good(HEAD + "c['builders'][0] = {'name': 'a.b', 'workername': 'w1', 'factory': f}\n")

    assert [builder.name for builder in view.builders] == ["a.b"]
    assert [type(builder).__name__ for builder in view.values["builders"]] == ["BuilderConfig"]
