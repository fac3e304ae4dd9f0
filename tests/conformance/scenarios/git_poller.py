# SPDX-License-Identifier: MIT
"""One push after the other; each poller's changes, branch by branch, in the order in which they came."""

FIELDS = ("branch", "revision", "author", "committer", "comments", "files", "category", "repository", "codebase", "properties", "revlink")  # fmt: skip


def prepare(stage):
    repository = stage.repository("repo")
    repository.commit("first", {"file": "first\n"})
    repository.git("tag", "v0")


def play(stage):
    repository = stage.repository("repo")
    seen = "SELECT count(*) FROM object_state WHERE name = 'lastRev'"
    stage.wait("the first polls", lambda: stage.sql(seen) == [(4,)])

    def polled(text):
        """Waits until the changes of a last commit on main have come to all three that look at main."""
        repository.git("checkout", "-q", "main")
        revision = repository.commit(text, {"file": f"{text}\n"})

        def told():
            rows = [row for row in stage.rows("changes") if row["revision"] == revision]
            return {row["project"] for row in rows} == {"all", "pushes", "one"}

        stage.wait(text, told)

    polled("second\n\nwith a body and ünïcode")
    repository.git("branch", "same")
    repository.git("checkout", "-q", "-b", "topic")
    for name in ("a", "b"):
        repository.commit(f"topic {name}", {f"sub dir/{name}": name})
    polled("third")
    repository.git("merge", "-q", "--no-ff", "-m", "merge topic", "topic")
    repository.git("rm", "-q", "file")
    polled("after the merge")
    repository.git("branch", "-f", "topic", "same")
    polled("topic has moved back")
    repository.git("branch", "-D", "topic")
    repository.git("tag", "v1")
    repository.git("tag", "-a", "-m", "a tag", "v2", "same")
    polled("topic has gone")
    repository.git(
        "-c",
        "user.name=Ö ß <x>",
        "commit",
        "--quiet",
        "--allow-empty",
        "-m",
        "empty",
        "--author",
        "Odd Ö <o@x.org>",
    )
    polled("last")

    def tagged():
        return sum(row["project"] == "tags" for row in stage.rows("changes")) >= 2

    stage.wait("the tags", tagged)
    told = sorted(stage.rows("changes"), key=lambda row: (row["branch"], row["changeid"]))
    for project in ("all", "pushes", "tags", "one"):
        rows = [row for row in told if row["project"] == project]
        stage.note(project, [{name: row[name] for name in FIELDS} for row in rows])
    stage.tells_changes = False
