# SPDX-License-Identifier: MIT
"""Builds of the newest, of the next commit by its id, of a commit whose file the store has lost."""

import shutil

HEADERS_ONLY = ("git", "fetch")


def commit(stage, text):
    repository = stage.repository("repo")
    return repository.commit(text, {"big.bin": f"{text}, a large file\n", "file": f"{text}\n"})


def prepare(stage):
    repository = stage.repository("repo")
    repository.git("lfs", "install", "--local", "--skip-repo")
    repository.git("lfs", "track", "*.bin")
    repository.git("add", ".gitattributes")
    commit(stage, "first")


def play(stage):
    stage.finish(stage.force("b1", reason="newest"))
    second = commit(stage, "second")
    commit(stage, "third")
    stage.finish(stage.force("b1", reason="id", revision=second, branch="main"))
    stage.finish(stage.force("b1", reason="newest again"))
    commit(stage, "fourth")
    shutil.rmtree(stage.folder / "repo" / ".git" / "lfs" / "objects")
    stage.finish(stage.force("b1", reason="lost"))
