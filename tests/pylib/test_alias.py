# SPDX-License-Identifier: MIT
"""``buildbot`` is ``buildbot_cfg``."""

import importlib
import importlib.metadata
import sys

import pytest

DIRECT = [
    "buildbot",
    "buildbot.process.results",
    "buildbot.process.buildstep",
    "buildbot.process.factory",
    "buildbot.process.properties",
    "buildbot.process.logobserver",
    "buildbot.process.remotecommand",
    "buildbot.process.build",
    "buildbot.config",
    "buildbot.steps.shell",
    "buildbot.steps.master",
    "buildbot.steps.source.git",
    "buildbot.schedulers.basic",
    "buildbot.schedulers.forcesched",
    "buildbot.changes.gitpoller",
    "buildbot.changes.filter",
    "buildbot.worker",
    "buildbot.interfaces",
    "buildbot.util",
    "buildbot.data.resultspec",
    "buildbot.plugins",
]


@pytest.mark.parametrize("name", DIRECT)
def test_both_names_are_the_same_module(name):
    alias = importlib.import_module(name)

    assert alias is importlib.import_module(name.replace("buildbot", "buildbot_cfg", 1))
    assert alias.__name__ == alias.__spec__.name
    assert alias.__name__.startswith("buildbot_cfg")


def test_the_version_is_that_of_buildbot():
    assert importlib.metadata.version("buildbot") == "4.3.0"


def test_an_installed_buildbot_is_never_found(tmp_path, monkeypatch):
    (tmp_path / "buildbot").mkdir()
    (tmp_path / "buildbot" / "__init__.py").touch()
    (tmp_path / "buildbot" / "elsewhere.py").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    with pytest.raises(ModuleNotFoundError, match="in this version of Kilnbot"):
        importlib.import_module("buildbot.elsewhere")


def test_the_star_import_gives_the_nine_namespaces():
    names = {}
    exec("from buildbot.plugins import *", names)

    assert set(names) - {"__builtins__"} == {
        "changes", "reporters", "schedulers", "secrets", "statistics", "steps", "util", "webhooks",
            "worker",
    }  # fmt: skip


def test_every_name_of_the_namespaces_exists():
    from buildbot import plugins
    from buildbot_cfg.plugins._names import NAMES

    for category, names in NAMES.items():
        for name in names:
            assert plugins.get_plugins(category).get(name) is not None
