# SPDX-License-Identifier: MIT
"""Every public name of Buildbot 4.3, and what calls of the classes take."""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from pathlib import Path

import pytest
from buildbot.plugins import get_plugins

DATA = Path(__file__).resolve().parents[1] / "data"
#: Written by tests/data/record_surface.py with Buildbot 4.3.0: category, name, parameters.
SURFACE = json.loads((DATA / "plugin_surface.json").read_text())
#: Import paths of public configurations: those that Buildbot 4.3.0 has, and those of older versions.
PATHS, GONE = (json.loads((DATA / "import_paths.json").read_text())[key] for key in ("has", "gone"))
#: Arguments that differ on purpose: wrong calls of Buildbot's are found earlier, or more is taken.
_CHECKERS = {"checkers", "credentialFactories"}  # Buildbot refuses them, too
KNOWN_DIFFERENCES = {
    "schedulers.AnyBranchScheduler": {"branch", "builderNames", "shouldntBeSet"},
    "schedulers.NightlyTriggerable": {
        "branch", "change_filter", "createAbsoluteSourceStamps", "fileIsImportant",
        "force_at_day_of_month", "force_at_day_of_week", "force_at_hour", "force_at_minute",
        "force_at_month", "onlyIfChanged", "onlyImportant",
    },
    "schedulers.SingleBranchScheduler": {"branches", "builderNames", "shouldntBeSet"},
    "util.CustomAuth": _CHECKERS,
    "util.HTPasswdAuth": _CHECKERS,
    "util.UserPasswordAuth": _CHECKERS,
    "worker.LocalWorker": {"password"},
}  # fmt: skip


def name_of(entry):
    return f"{entry['category']}.{entry['name']}"


@pytest.mark.parametrize("entry", SURFACE, ids=name_of)
def test_a_name_is_there(entry):
    assert get_plugins(entry["category"]).get(entry["name"]) is not None


def _find(path):
    module, name = path.split(":")
    found = importlib.import_module(module)
    if name not in ("(module)", "*") and not hasattr(found, name):
        importlib.import_module(f"{module}.{name}")


@pytest.mark.parametrize("path", PATHS)
def test_an_import_path_of_public_configurations_is_there(path):
    _find(path)


sys.path.insert(0, str(DATA.parents[1] / "scripts"))

import check_names  # noqa: E402


@pytest.mark.parametrize("path", sorted(set(GONE) - check_names.OWN))
def test_a_path_of_older_versions_is_told_with_what_to_import_instead(path):
    text = check_names.import_error(path)
    assert text is None or check_names.tells_instead(text), text


def test_the_counts():
    count, missing = check_names.missing_names()
    assert (count, {text.partition(":")[0].partition(".")[2] for text in missing}) == (288, set())


def test_the_connections_of_the_irc_bot_are_told_as_not_active():
    from buildbot.reporters.irc import IrcStatusFactory

    with pytest.warns(UserWarning, match="IrcStatusFactory: accepted, not active"):
        made = IrcStatusFactory("bot", "secret", ["#c"], [], None, None, {}, lostDelay=1)
    assert (made.nickname, made.lostDelay, made.failedDelay) == ("bot", 1, 55)


def _takes_any(entry):
    made = get_plugins(entry["category"]).get(entry["name"])
    return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(made).parameters.values())


CLASSES = [e for e in SURFACE if e["parameters"] and e["category"] != "steps" and not _takes_any(e)]


@pytest.mark.parametrize("entry", CLASSES, ids=name_of)
def test_a_class_takes_buildbots_arguments_with_the_same_defaults(entry):
    made = get_plugins(entry["category"]).get(entry["name"])
    ours = inspect.signature(made).parameters
    allowed = KNOWN_DIFFERENCES.get(name_of(entry), set())

    wrong = []
    for name, default in entry["parameters"].items():
        if name in allowed:
            continue
        if name not in ours:
            wrong.append(f"{name} is missing")
        elif default["plain"] and _default(ours[name]) != default["value"]:
            wrong.append(f"{name}: {_default(ours[name])!r}, Buildbot has {default['value']!r}")
    assert wrong == []


def _default(parameter):
    value = "(required)" if parameter.default is parameter.empty else parameter.default
    return list(value) if isinstance(value, tuple) else value
