# SPDX-License-Identifier: MIT
"""A build, then one after the submodule and the repository have moved on, then one of the first commit."""

HEADERS_ONLY = ("git",)


def prepare(stage):
    sub, repository = stage.repository("sub"), stage.repository("repo")
    sub.commit("sub first", {"file": "sub first\n"})
    repository.commit("first", {"file": "first\n"})
    add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "-b", "main"]
    repository.git(*add, "../sub", "sub")
    repository.commit("with sub", {"file": "second\n"})


def play(stage):
    sub, repository = stage.repository("sub"), stage.repository("repo")
    stage.finish(stage.force("b1", reason="newest"))
    second = repository.head()
    sub.commit("sub second", {"file": "sub second\n"})
    repository.git("-c", "protocol.file.allow=always", "-C", "sub", "pull", "--quiet")
    repository.git("add", "sub")
    repository.commit("third", {"file": "third\n"})
    sub.commit("sub third", {"file": "sub third\n"})
    stage.finish(stage.force("b1", reason="moved on"))
    stage.finish(stage.force("b1", reason="back", revision=second, branch="main"))
