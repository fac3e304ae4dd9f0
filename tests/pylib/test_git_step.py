# SPDX-License-Identifier: MIT
"""The Git step with real repositories: the handle's worker is this machine."""

import pylib_fakes
import pytest
from buildbot.plugins import steps
from buildbot.process.results import FAILURE, SUCCESS
from git_repository import Repository


@pytest.fixture(autouse=True)
def plain_git(monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")


@pytest.fixture
def repository(tmp_path):
    made = Repository(tmp_path / "origin")
    made.first = made.commit("first", {"a.txt": "1\n", ".gitignore": "ignored\n"})
    return made


@pytest.fixture
def checkout(step_run, tmp_path, repository):
    """Runs a Git step in a worker's folder that stays."""
    worker = tmp_path / "worker"

    def go(branch="main", revision=None, patch=None, changes=(), codebase="", **given):
        handle = pylib_fakes.FolderHandle(worker)
        stamp = {
            "ssid": 1, "branch": branch, "revision": revision, "repository": repository.url, "project": "",
            "codebase": codebase, "patch": patch, "created_at": 0,
        }  # fmt: skip
        step = steps.Git(**{"repourl": repository.url, "codebase": codebase, **given})
        _, _, end = step_run(step, handle=handle, sourcestamps=[stamp], changes=list(changes))
        return handle, end

    go.tree = worker / "build"
    return go


def revision_of(handle):
    return handle.properties["got_revision"][0]


def git_words(handle):
    return [
        args["command"][1]
        for name, args in handle.commands
        if name == "shell" and args["command"][0] == "git"
    ]


def test_the_first_build_clones_and_later_ones_only_fetch(checkout, repository):
    handle, end = checkout()
    assert (end["results"], end["step"], revision_of(handle)) == (
        SUCCESS,
        "update",
        repository.first,
    )
    assert "clone" in git_words(handle)
    (checkout.tree / "left.over").write_text("x")
    second = repository.commit("second")

    handle, end = checkout()

    assert (end["results"], revision_of(handle)) == (SUCCESS, second)
    assert "clone" not in git_words(handle)
    assert (checkout.tree / "left.over").exists()
    assert handle.properties["got_revision"] == (second, "Git", True)


def test_a_known_revision_needs_no_network(checkout, repository):
    repository.commit("second")
    checkout()

    handle, _ = checkout(revision=repository.first)

    assert revision_of(handle) == repository.first
    assert not {"fetch", "clone"} & set(git_words(handle))


def test_always_use_latest_ignores_the_revision(checkout, repository):
    second = repository.commit("second")

    assert revision_of(checkout(revision=repository.first, alwaysUseLatest=True)[0]) == second


def test_the_last_changes_revision_is_taken(checkout, repository):
    change = {
        "changeid": 1, "author": "a", "files": [], "comments": "", "revision": repository.first,
        "when_timestamp": 1, "branch": "main", "category": None, "repository": "", "project": "", "codebase": "",
    }  # fmt: skip
    repository.commit("second")

    handle, _ = checkout(changes=[change])

    assert revision_of(handle) == repository.first
    assert handle.properties["revision"][0] == repository.first


@pytest.mark.parametrize(
    ("method", "left"),
    [("clean", {"ignored"}), ("fresh", set()), ("clobber", set()), ("copy", set())],
)
def test_full_mode_leaves_only_what_its_method_keeps(checkout, repository, method, left):
    checkout(mode="full", method=method)
    (checkout.tree / "ignored").write_text("x")
    (checkout.tree / "untracked").write_text("x")
    (checkout.tree / "a.txt").write_text("changed")
    second = repository.commit("second", {"b.txt": "2\n"})

    handle, end = checkout(mode="full", method=method)

    assert (end["results"], revision_of(handle)) == (SUCCESS, second)
    files = {path.name for path in checkout.tree.iterdir()} - {
        ".git",
        ".gitignore",
        "a.txt",
        "b.txt",
    }
    assert files == left
    assert (checkout.tree / "a.txt").read_text() == "1\n"


def test_tags_branches_and_full_refs_can_be_built(checkout, repository):
    repository.git("tag", "v1", repository.first)
    repository.git("update-ref", "refs/pull/1/head", repository.first)
    repository.commit("second")

    assert revision_of(checkout(branch="v1")[0]) == repository.first
    assert revision_of(checkout(branch="refs/pull/1/head")[0]) == repository.first
    assert revision_of(checkout(branch=None)[0]) == repository.head()


def test_a_shallow_clone_has_one_commit(checkout, repository):
    repository.commit("second")

    checkout(mode="full", method="clobber", shallow=True)

    assert (checkout.tree / ".git" / "shallow").exists()


def test_submodules_are_checked_out(checkout, repository, tmp_path):
    library = Repository(tmp_path / "library")
    library.commit("lib", {"lib.txt": "L\n"})
    allow = ("-c", "protocol.file.allow=always")
    repository.git(*allow, "submodule", "--quiet", "add", library.url, "lib")
    repository.commit("with library", {"a.txt": "2\n"})

    checkout(submodules=True, config={"protocol.file.allow": "always"})

    assert (checkout.tree / "lib" / "lib.txt").read_text() == "L\n"


def test_a_description_is_set(checkout, repository):
    repository.git("tag", "v1")
    second = repository.commit("second")

    handle, _ = checkout(getDescription={"tags": True, "abbrev": 7})

    assert handle.properties["commit-description"][0] == f"v1-1-g{second[:7]}"


def test_a_codebase_is_in_the_name_and_in_the_properties(checkout, repository):
    handle, end = checkout(codebase="cb")

    assert (end["name"], end["step"]) == ("git-cb", "update cb")
    assert handle.properties["got_revision"][0] == {"cb": repository.first}


def test_a_patch_is_applied_and_cleaned_away_by_the_next_build(checkout):
    diff = "--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-1\n+patched\n"
    patch = {"body": diff, "level": 1, "subdir": "", "author": "", "comment": ""}

    handle, end = checkout(patch=patch)
    assert (end["results"], end["error"]) == (SUCCESS, None)
    assert (checkout.tree / "a.txt").read_text() == "patched\n"
    assert handle.log_named("patch")["text"] == diff
    checkout()

    assert (checkout.tree / "a.txt").read_text() == "1\n"
    assert not (checkout.tree / ".buildbot-patched").exists()


def test_a_failing_clone_fails_the_step_and_is_tried_again(checkout, repository, tmp_path):
    repository.path.rename(tmp_path / "away")

    handle, end = checkout(retry=(0, 2))

    assert (end["results"], end["step"]) == (FAILURE, "update (failure)")
    assert git_words(handle).count("clone") == 3


def test_a_failing_fetch_is_tried_again_once_if_wanted(checkout, repository, tmp_path):
    checkout()
    repository.path.rename(tmp_path / "away")

    assert git_words(checkout()[0]).count("fetch") == 1
    handle, end = checkout(retryFetch=True)

    assert (end["results"], git_words(handle).count("fetch")) == (FAILURE, 2)


def test_a_broken_tree_is_cloned_again_if_wanted(checkout, repository):
    checkout()
    (checkout.tree / ".git" / "HEAD").write_text("garbage")

    assert checkout()[1]["results"] == FAILURE
    assert revision_of(checkout(clobberOnFailure=True)[0]) == repository.first


@pytest.mark.parametrize(
    ("branch", "revision", "said"),
    [
        ("--upload-pack=touch hacked", None, "'--upload-pack=touch hacked' is no branch"),
        ("main:refs/heads/other", None, "'main:refs/heads/other' is no branch"),
        ("+main", None, "'+main' is no branch"),
        ("main", "--orphan", "'--orphan' is no revision"),
    ],
)
def test_hostile_names_are_refused(checkout, branch, revision, said):
    handle, end = checkout(branch=branch, revision=revision)

    assert end["results"] == FAILURE
    assert said in handle.log_named("stdio")["text"]
    assert git_words(handle) == []


def test_a_build_without_the_codebase_fails(step_run):
    _, _, end = step_run(steps.Git(repourl="u", codebase="other"))

    assert (end["results"], end["step"]) == (FAILURE, "Codebase other not in build other (failure)")
