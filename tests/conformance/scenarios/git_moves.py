# SPDX-License-Identifier: MIT
"""One build after each move."""

HEADERS_ONLY = ("git",)


def prepare(stage):
    for name in ("repo", "other"):
        stage.repository(name).commit(f"{name} first", {"file": f"{name} first\n"})


def play(stage):
    repository, other = stage.repository("repo"), stage.repository("other")

    def build(reason, **params):
        stage.finish(stage.force("b1", reason=reason, **params))

    repository.git("checkout", "-q", "-b", "topic")
    topic = repository.commit("on topic", {"file": "topic\n"})
    repository.git("checkout", "-q", "main")
    build("a branch", branch="topic")
    repository.commit("second", {"file": "second\n"})
    build("a revision of another branch", branch="main", revision=topic)
    repository.git("branch", "-D", "topic")
    repository.git("branch", "topic/sub", "main")
    build("a branch where there was one", branch="topic/sub")
    repository.git("reset", "-q", "--hard", "HEAD~1")
    repository.commit("other second", {"file": "other second\n"})
    build("a branch that has moved back", branch="main")
    repository.git("tag", "-a", "-m", "one", "v1")
    build("a tag", branch="v1")
    repository.git("tag", "-a", "-f", "-m", "two", "v1", "HEAD~1")
    build("a tag that has moved", branch="v1", revision="")
    build("a branch that is gone", branch="topic")
    build("another repository", repository="other", branch="main")
    build("a short revision", branch="main", revision=repository.head()[:8])
    build("no words of git", branch="main", revision="HEAD~1")
    other.git("checkout", "-q", "--orphan", "alone")
    other.commit("alone", {"file": "alone\n"})
    build("a branch without a common commit", repository="other", branch="alone")
    config = stage.folder / "worker-w1" / "b1" / "incremental" / ".git" / "HEAD"
    config.write_text("nonsense\n")
    build("a spoiled tree", branch="main")
