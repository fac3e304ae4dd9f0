# SPDX-License-Identifier: MIT
"""Nobody, an administrator, a developer and a user without a role try the same things."""

from browsing import Browser


def play(stage):
    users = {"nobody": Browser(stage.http)}
    for name in ("alice", "bob", "carol"):
        users[name] = Browser(stage.http)
        assert users[name].log_in(name, "secret").status == 302

    def ask(name, what, path, method, **params):
        answer = users[name].control(path, method, params)
        stage.note(f"{what} by {name}", [answer.status, answer.message])
        return answer.json.get("result")

    def force(name, builder):
        builderid = stage.builder_id(builder)
        found = ask(name, f"force {builder}", "forceschedulers/force", "force", builderid=builderid)
        return found and found[1][str(builderid)]

    for name in users:
        for builder in ("quick-1", "release"):
            if request := force(name, builder):
                stage.finish(request)

    owned = force("bob", "slow")
    stage.wait_output(stage.build_of(owned), "shell")
    queued = force("alice", "slow")
    forbidden = force("carol", "slow")
    assert forbidden is None
    build = stage.build_of(owned)
    for name in ("nobody", "carol"):
        ask(name, "stop", f"builds/{build['buildid']}", "stop", reason="no")
    for name in ("nobody", "carol"):
        ask(name, "cancel", f"buildrequests/{queued}", "cancel", reason="no")
    ask("bob", "stop", f"builds/{build['buildid']}", "stop", reason="mine")
    stage.finish(owned)
    second = stage.build_of(queued)
    stage.wait_output(second, "shell")
    ask("bob", "stop of another's", f"builds/{second['buildid']}", "stop", reason="not mine")
    ask("alice", "stop", f"builds/{second['buildid']}", "stop", reason="by an administrator")
    stage.finish(queued)
    stage.open("go")
    quick = stage.rows(f"builders/{stage.builder_id('quick-1')}/builds")[0]["buildid"]
    for name in users:
        ask(name, "rebuild of slow", f"builds/{build['buildid']}", "rebuild")
        stage.settle()
    for name in users:
        ask(name, "rebuild of quick", f"builds/{quick}", "rebuild")
        stage.settle()
    scheduler = stage.rows("schedulers")[0]["schedulerid"]
    for name in users:
        ask(name, "enable", f"schedulers/{scheduler}", "enable", enabled=True)
    for name in users:
        answer = users[name].get("/api/v2/builders")
        stage.note(f"reading by {name}", answer.status)
