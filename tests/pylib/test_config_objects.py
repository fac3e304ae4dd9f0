# SPDX-License-Identifier: MIT
"""What configurations and their tests read from the objects that they made, as under Buildbot 4.3."""

import re
import warnings
from pathlib import Path

import pytest
from buildbot.config import ConfigErrors
from buildbot.config.master import FileLoader
from buildbot.db import migrate_utils
from buildbot.db.base import DBConnectorComponent
from buildbot.db.enginestrategy import create_engine
from buildbot.plugins import changes, schedulers, steps, util, worker
from buildbot.plugins.db import get_plugins
from buildbot.reporters.message import create_context_for_build
from buildbot.util.service import BuildbotService
from buildbot.warnings import ConfigWarning


def built(step):
    return util.BuildFactory([step]).steps[0].buildStep()


def descriptions(step):
    made = built(step)
    return made.description, made.descriptionDone, made.descriptionSuffix


class Own(steps.BuildStep):
    description = "working"
    descriptionDone = ("worked",)
    descriptionSuffix = "hard"


def test_descriptions_that_are_texts_become_lists():
    text = util.Interpolate("x")
    assert descriptions(Own()) == (["working"], ("worked",), ["hard"])
    given = {"description": "a", "descriptionDone": ["b", "c"], "descriptionSuffix": None}
    assert descriptions(Own(**given)) == (["a"], ["b", "c"], None)
    assert descriptions(steps.Compile(descriptionDone="built")) == (["compiling"], ["built"], None)
    assert descriptions(steps.MasterShellCommand("true")) == (["Running"], ["Ran"], None)
    assert built(Own(description=text)).description is text
    assert descriptions(steps.BuildStep(description="")) == ([""], None, None)


def test_progress_of_a_step_is_not_that_of_git():
    step = built(steps.Git(repourl="x", progress=False))
    assert (step.progress, step.prog, steps.Git(repourl="x").prog) == (None, False, True)


@pytest.mark.parametrize("kind", [steps.Git, steps.GitHub, steps.CVS, steps.Bzr])
def test_a_method_counts_only_with_the_mode_full(kind):
    needed = {
        steps.CVS: {"cvsroot": "x", "cvsmodule": "y"},
        steps.Bzr: {"repourl": "x", "defaultBranch": "b"},
    }.get(kind, {"repourl": "x"})
    assert built(kind(mode="incremental", method="clone", **needed)).method == "clone"
    with pytest.raises(ConfigErrors, match='"method" must be one of'):
        kind(mode="full", method="clone", **needed)


def test_a_master_command_of_a_subclass_may_come_later():
    class Later(steps.MasterShellCommand):
        def __init__(self, **kwargs):
            super().__init__(command=None, **kwargs)
            self.command = ["true"]

    assert built(Later()).command == ["true"]
    with pytest.raises(ConfigErrors, match='"command" must be'):
        steps.MasterShellCommand(command=None)


class Service(BuildbotService):
    def checkConfig(self, size, color="red", name=None):
        pass


MADE = {
    "a name is no argument": (lambda: Service(1, color="b", name="q"), "q", (1,), {"color": "b"}),
    "repository": (
        lambda: changes.GitPoller(repourl="http://x/y", branch="m", name="q"),
        "q",
        ("http://x/y",),
        {"branch": "m"},
    ),
    "repository of svn": (lambda: changes.SVNPoller("svn://x"), "svn://x", ("svn://x",), {}),
    "hg": (
        lambda: changes.HgPoller(repourl="http://x", branch="a", workdir="z"),
        "http://x_a",
        ("http://x",),
        {"branch": "a", "workdir": "z"},
    ),
    "owner and repository": (
        lambda: changes.GitHubPullrequestPoller(owner="a", repo="b", token="c"),
        "GitHubPullrequestPoller:a/b",
        ("a", "b"),
        {"token": "c"},
    ),
    "password": (lambda: changes.PBChangeSource(port=9, passwd="p"), "PBChangeSource:9", (), {}),
    "worker": (lambda: worker.Worker("a", "b", max_builds=1), "a", ("a", "b"), {"max_builds": 1}),
    "scheduler": (
        lambda: schedulers.Try_Userpass("t", ["b"], "8031", [("u", "p")]),
        "t",
        (),
        {
            "builderNames": ["b"],
            "port": "8031",
            "userpass": [("u", "p")],
            "properties": None,
        },
    ),
}


@pytest.mark.parametrize("case", MADE)
def test_an_object_tells_its_arguments(case):
    make, name, args, kwargs = MADE[case]
    told = make().getConfigDict()
    assert (told["name"], told["args"], told["kwargs"]) == (name, args, kwargs)


def test_a_dependent_scheduler_tells_the_other_one():
    first = schedulers.Triggerable("first", ["b"])
    kwargs = schedulers.Dependent("then", first, ["b"]).getConfigDict()["kwargs"]
    assert (kwargs["upstream"], kwargs["builderNames"]) == (first, ["b"])


def test_a_filter_that_nobody_gave_is_none():
    night = schedulers.Nightly(name="n", builderNames=["b"], branch="m", hour=3)
    every = schedulers.AnyBranchScheduler(name="a", builderNames=["b"])
    one = schedulers.SingleBranchScheduler(name="s", builderNames=["b"], branch="m")
    assert (night.change_filter, every.change_filter) == (None, None)
    assert one.change_filter == util.ChangeFilter(branch="m")


GOOD = """\
from buildbot.plugins import schedulers, steps, util, worker
c = BuildmasterConfig = {}
c['protocols'] = {'pb': {'port': 9989}}
c['workers'] = [worker.Worker('w1', 'pw')]
f = util.BuildFactory([steps.ShellCommand(command='true')])
c['builders'] = [util.BuilderConfig(name='b', workernames=['w1'], factory=f)]
c['schedulers'] = [schedulers.AnyBranchScheduler(name='all', builderNames=['b'])]
"""


@pytest.mark.parametrize(
    ("line", "told"), [("", 1), ("c['buildbotNetUsageData'] = None\n", 0)], ids=["open", "set"]
)
def test_who_loads_a_file_hears_that_nothing_is_reported(tmp_path: Path, line, told):
    (tmp_path / "master.cfg").write_text(GOOD + line)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        FileLoader(str(tmp_path), "master.cfg").loadConfig()
    texts = [str(w.message) for w in heard if w.category is ConfigWarning]
    assert [text.split()[0] for text in texts] == ["buildbotNetUsageData"] * told


def test_the_version_of_a_package(tmp_path: Path):
    import buildbot

    (tmp_path / "VERSION").write_text("1.2\n")
    assert buildbot.getVersion(str(tmp_path / "__init__.py")) == "1.2"
    (tmp_path / "VERSION").unlink()
    (tmp_path / "__init__.py").touch()
    assert re.fullmatch(r"20\d\d\.\d\d\.\d\d", buildbot.getVersion(str(tmp_path / "__init__.py")))
    assert buildbot.getVersion(str(tmp_path / "nothing.py")) == "1970.01.01"
    assert buildbot.getVersion(buildbot.__file__) == buildbot.version == "4.3.0"


def test_parts_of_the_web_pages_are_of_the_packages_that_they_stand_for():
    info = get_plugins("www").info
    assert info("grid_view") == ("buildbot-grid-view", "4.3.0")
    assert info("base") == ("buildbot-www", "4.3.0")


def test_properties_of_a_worker_are_properties():
    made = worker.Worker("w", "p", properties={"os": "linux"}, defaultProperties={"d": 1})
    assert made.properties.getProperty("os") == "linux"
    assert made.properties.asDict() == {"os": ("linux", "Worker"), "workername": ("w", "Worker")}
    assert made.defaultProperties.asDict() == {"d": (1, "Worker")}


def test_values_of_a_text_about_a_build():
    class Master:
        class config:
            title, buildbotURL = "Pages", "http://ci/"

    stamp = {"branch": None, "revision": None, "codebase": "", "project": "", "patch": None}
    stamps = [
        {**stamp, "branch": "b", "revision": "r", "patch": {"body": b""}, "project": "one"},
        {**stamp, "codebase": "lib", "project": "two"},
    ]
    build = {
        "results": 2,
        "prev_build": {"results": 0},
        "state_string": "failed tests",
        "builder": {"name": "b1"},
        "properties": {"workername": ("w1", "Worker")},
        "buildset": {"sourcestamps": stamps},
        "url": "http://ci/#/builders/1/builds/1",
    }
    made = create_context_for_build(("change",), build, False, Master, ["ann"])
    assert (made["workername"], made["projects"]) == ("w1", "one, two")
    assert (made["status_detected"], made["summary"]) == (
        "new failure",
        "BUILD FAILED: failed tests",
    )
    assert made["sourcestamps"] == (
        "Build Source Stamp: [branch b] r (plus patch)\nBuild Source Stamp 'lib': HEAD\n"
    )
    bare = {**build, "results": None, "prev_build": None, "properties": {}}
    bare["buildset"] = {"sourcestamps": []}
    made = create_context_for_build(("change",), bare, False, Master, [])
    told = ("workername", "projects", "status_detected", "sourcestamps")
    assert [made[name] for name in told] == ["<unknown>", "Pages", "not finished build", ""]


def test_parts_of_a_connector_share_a_base():
    part = DBConnectorComponent("the connector")
    assert part.db == "the connector"
    # What Buildbot 4.3.0 gives: the digests are in databases.
    assert part.hashColumns("a", None, "b") == "878eabe8461ccc390f2af811f000b6ad29fa93b9"
    assert part.hashColumns("é", True) == "cb4bd34d93d6c186f0129bcee652aa4f02752df8"
    assert list(part.doBatch(range(5), 2)) == [[0, 1], [2, 3], [4]]


def test_engines_and_what_they_keep(tmp_path: Path):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    engine = create_engine("sqlite:///state.sqlite", basedir=str(tmp_path))
    migrate_utils.test_unicode(engine)
    assert (tmp_path / "state.sqlite").exists()
    assert sqlalchemy.inspect(engine).get_table_names() == []


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (
            "from buildbot.steps.shell import SetProperty",
            "ImportError: cannot import name 'SetProperty' from 'buildbot.steps.shell': from "
            "buildbot.plugins import steps: steps.SetPropertyFromCommand runs a command",
        ),
        (
            "from buildbot.steps.shell import ShelCommand",
            "cannot import name 'ShelCommand' from 'buildbot.steps.shell' (did you mean "
            '"ShellCommand"?)',
        ),
        ("from buildbot.plugins import status", "say reporters instead"),
        ("from os import nothing", "ImportError: cannot import name 'nothing' from 'os'"),
    ],
)
def test_a_name_that_cannot_be_imported_is_told_with_what_to_say(tmp_path: Path, statement, what):
    (tmp_path / "master.cfg").write_text(f"{GOOD}{statement}\n")
    with pytest.raises(ConfigErrors) as raised:
        FileLoader(str(tmp_path), "master.cfg").loadConfig()
    [text] = raised.value.errors
    assert what in text
    assert "buildbot_cfg" not in text
