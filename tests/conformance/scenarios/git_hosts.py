# SPDX-License-Identifier: MIT
"""Pull requests, merge requests and changes, as references of one repository."""

HEADERS_ONLY = ("git",)


def prepare(stage):
    repository = stage.repository("repo")
    repository.commit("first", {"file": "first\n"})
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit("on topic", {"file": "topic\n"})
    for ref in (
        "pull/5/merge",
        "pull/5/head",
        "changes/07/7/2",
        "changes/34/1234/5",
        "merge-requests/7/head",
    ):
        repository.git("update-ref", f"refs/{ref}", "topic")
    repository.git("checkout", "-q", "main")
    repository.git("clone", "-q", "--bare", str(repository.path), str(stage.folder / "fork"))


def play(stage):
    repository = stage.repository("repo")
    topic, main = repository.head("topic"), repository.head("main")

    def build(builder, branch="", revision="", scheduler="plain", **properties):
        stage.finish(
            stage.force_by(scheduler, builder, branch=branch, revision=revision, **properties)
        )

    build("github", "refs/pull/5/merge", main)
    build("github", "refs/pull/5/head", topic)
    build("github", "main", main)
    merge = {
        "source_git_ssh_url": f"file://{stage.folder}/fork",
        "target_git_ssh_url": repository.url,
        "source_project_id": "2",
        "target_project_id": "1",
        "source_branch": "topic",
        "target_branch": "main",
    }
    build("gitlab", "main", main)
    build("gitlab", "topic", topic, "merge", **merge)
    build("gitlab", "main", "", "merge", **merge | {"target_project_id": "2"})
    ref = {"event.patchSet.ref": "refs/changes/34/1234/5", "event.change.project": "p"}
    build("gerrit", "main", main)
    build("gerrit", "main", "", "patchset", project="p", **ref)
    build("gerrit", "main", "", "patchset", project="other", **ref)
    build("gerrit", "main", main, "patchset", project="p", **ref)
    build("gerrit", "", "", "number", gerrit_change="1234/5")
    build("gerrit", "main", "", "number", gerrit_change="7/2")
    build("gerrit", "main", "", "number", gerrit_change="nonsense")
