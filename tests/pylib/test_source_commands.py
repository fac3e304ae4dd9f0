# SPDX-License-Identifier: MIT
"""Source steps give the commands that Buildbot's give: tests/conformance/source has its side."""

import json
import sys
from pathlib import Path

import pylib_fakes
import pytest
from buildbot.config import ConfigErrors
from buildbot.plugins import steps, util

HERE = Path(__file__).resolve().parents[1] / "conformance" / "source"
sys.path.insert(0, str(HERE))

from cases import CASES, ScriptedWorker, plain  # noqa: E402
from chosen import differs  # noqa: E402

RECORDED = json.loads((HERE / "recorded.json").read_text())
KINDS = sorted({case.name.split()[0] for case in CASES})


class ScriptedHandle(pylib_fakes.FolderHandle):
    def __init__(self, root, case):
        super().__init__(root)
        self.worker = ScriptedWorker(case)

    async def run_command(
        self, name, args, stdio, log_files, collect_stdout, collect_stderr, transfer=None
    ):
        data = transfer.get("data") if transfer else None
        rc, out, updates = self.worker.run(name, args, data)
        if name == "uploadFile" and not rc:
            Path(transfer["path"]).write_text(out)  # noqa: ASYNC240
        told = {"rc": rc, "updates": updates}
        told |= {"stdout": out if collect_stdout else "", "stderr": out if collect_stderr else ""}
        return {**pylib_fakes.outcome(0), **told}


def played(step_run, tmp_path, case, monkeypatch):
    monkeypatch.setattr("buildbot_cfg.steps.source.repo.Repo.mirror_sync_sleep", 0)
    handle = ScriptedHandle(tmp_path, case)
    step = eval(case.step, {"steps": steps, "util": util})
    given = {"builddir": "/w/b", "workername": "w", "buildername": "b", **case.properties}
    stamp = {
        "ssid": 1, "branch": None, "revision": None, "repository": "", "project": "", "codebase": "",
        "patch": None, "created_at": 0, **case.stamp,
    }  # fmt: skip
    if stamp["patch"]:
        level, body, subdir = stamp["patch"]
        stamp["patch"] = {
            "level": level,
            "body": body,
            "subdir": subdir,
            "author": "",
            "comment": "",
        }
    properties = {name: (value, "test") for name, value in given.items()}
    _, _, end = step_run(step, handle=handle, sourcestamps=[stamp], properties=properties)
    seen = {name: value for name, (value, _, _) in handle.properties.items()}
    return {
        "commands": handle.worker.lines,
        "results": str(end["results"]),
        "properties": plain({name: seen[name] for name in seen if name not in given}),
    }


def expected(name):
    """What Buildbot does, but for the mark of a patched tree: ours is where the next build looks."""
    case = RECORDED[name]
    commands = [
        line.replace("/sub/.buildbot-patched", "/.buildbot-patched") for line in case["commands"]
    ]
    return {**case, "commands": commands}


@pytest.mark.parametrize("kind", KINDS)
def test_commands_results_and_properties_are_buildbots(step_run, tmp_path, monkeypatch, kind):
    wrong = {}
    for case in CASES:
        if case.name.split()[0] == kind and not differs(case.name):
            ours = json.loads(json.dumps(played(step_run, tmp_path, case, monkeypatch)))
            if ours != expected(case.name):
                wrong[case.name] = ours

    assert wrong == {}


REPOSITORY = {
    "Bzr": "repourl", "CVS": "cvsroot", "Darcs": "repourl", "Git": "repourl", "Mercurial": "repourl",
    "Monotone": "repourl", "P4": "p4base", "Repo": "manifestURL", "SVN": "repourl",
}  # fmt: skip


@pytest.mark.parametrize("kind", REPOSITORY)
def test_a_repository_may_be_rendered_and_must_be_given(kind):
    more = {"branch": "b"} if kind == "Monotone" else {}
    for value in (
        util.Interpolate("//%(kw:a)s", a="x"),
        util.Property("url"),
        util.Property("a") == 1,
    ):
        getattr(steps, kind)(**{REPOSITORY[kind]: value}, **more)

    with pytest.raises(ConfigErrors, match=r"missing|must be given"):
        getattr(steps, kind)(**more)
