# SPDX-License-Identifier: MIT
"""Builds from a cause to their results, through REST and the websocket, with a real worker."""

from __future__ import annotations

from collections.abc import Callable

from running import Master, WebSocket, wait_for

TWO_STEPS = """
f = util.BuildFactory()
f.addStep(steps.ShellCommand(name="hello", command=["sh", "-c", "echo out; echo err >&2"]))
f.addStep(steps.ShellCommand(name="where", command=util.Interpolate("echo %(prop:buildername)s-%(prop:buildnumber)s")))
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=f)]
c["schedulers"] = [
    schedulers.ForceScheduler(name="force", builderNames=["b1"]),
    schedulers.SingleBranchScheduler(name="main", change_filter=util.ChangeFilter(branch="main"), builderNames=["b1"]),
]
"""


def test_a_forced_build_runs_its_steps(run_master: Callable[[str], Master]) -> None:
    master = run_master(TWO_STEPS)

    build = master.finished_build(master.force(reason="why not"))

    assert (build["results"], build["state_string"], build["number"]) == (0, "build successful", 1)
    steps = master.steps(build)
    assert [step["name"] for step in steps] == ["worker_preparation", "hello", "where"]
    assert [step["results"] for step in steps] == [0, 0, 0]
    hello = master.log_text(steps[1])
    assert "oout\n" in hello and "eerr\n" in hello
    assert hello.splitlines()[-1].startswith("h") and "program finished with exit code 0" in hello
    assert "ob1-1\n" in master.log_text(steps[2])


def test_the_buildset_and_request_complete_with_the_build(
    run_master: Callable[[str], Master],
) -> None:
    master = run_master(TWO_STEPS)

    build = master.finished_build(master.force(reason="why not"))

    request = master.rows(f"buildrequests/{build['buildrequestid']}")[0]
    assert (request["complete"], request["results"], request["claimed"]) == (True, 0, True)
    buildset = wait_for(
        "the buildset",
        lambda: [b for b in master.rows(f"buildsets/{request['buildsetid']}") if b["complete"]],
    )[0]
    assert buildset["results"] == 0
    assert buildset["reason"].endswith("why not")


def test_properties_carry_their_sources(run_master: Callable[[str], Master]) -> None:
    master = run_master(TWO_STEPS)

    build = master.finished_build(master.force(reason="r", username="joe <joe@example.org>"))

    properties = master.rows(f"builds/{build['buildid']}/properties")[0]
    assert properties["buildername"] == ["b1", "Builder"]
    assert properties["workername"] == ["w1", "Worker"]
    assert properties["scheduler"] == ["force", "Scheduler"]
    assert properties["buildnumber"] == [1, "Build"]
    assert properties["reason"] == ["r", "Force Build Form"]


def test_a_change_from_the_hook_starts_a_build(run_master: Callable[[str], Master]) -> None:
    master = run_master(TWO_STEPS)

    answer = master.hook(
        author="joe <joe@example.org>", branch="main", revision="abc", comments="new", project="p"
    )
    ignored = master.hook(author="joe", branch="other", revision="def")

    assert (answer, ignored) == ("1 change found", "1 change found")
    build = wait_for(
        "a build", lambda: [b for b in master.rows("builds?property=*") if b["complete"]]
    )[0]
    assert build["properties"]["revision"] == ["abc", "Build"]
    changes = master.rows(f"builds/{build['buildid']}/changes")
    assert [change["author"] for change in changes] == ["joe <joe@example.org>"]
    assert len(master.rows("changes")) == 2
    assert len(master.rows("buildsets")) == 1


def test_the_websocket_tells_a_build_from_start_to_finish(
    run_master: Callable[[str], Master],
) -> None:
    master = run_master(TWO_STEPS)
    socket = WebSocket(master.http)
    socket.consume("builds/*/*")
    socket.consume("steps/*/*")

    master.force()

    events = []
    while (
        not events
        or not events[-1]["k"].endswith("/finished")
        or not events[-1]["k"].startswith("builds/")
    ):
        events.append(socket.receive())
    socket.close()
    keys = [event["k"].split("/")[0] + " " + event["k"].rsplit("/", 1)[1] for event in events]
    assert keys.count("builds new") == keys.count("builds finished") == 1
    assert keys.count("steps finished") == 3
    assert next(e for e in events if e["k"].startswith("builds/"))["m"]["complete"] is False
    assert (events[-1]["m"]["complete"], events[-1]["m"]["results"]) == (True, 0)


def test_a_stopped_build_ends_cancelled(run_master: Callable[[str], Master]) -> None:
    master = run_master(
        """
f = util.BuildFactory([
    steps.ShellCommand(name="long", command=["sleep", "600"]),
    steps.ShellCommand(name="never", command=["true"]),
    steps.ShellCommand(name="cleanup", command=["echo", "clean"], alwaysRun=True),
])
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=f)]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"])]
"""
    )
    request = master.force()
    build = master.build_of(request)
    wait_for(
        "the long step",
        lambda: [s for s in master.steps(build) if s["name"] == "long" and s["started_at"]],
    )

    master.control(f"builds/{build['buildid']}", "stop", reason="no longer needed")

    build = master.finished_build(request)
    assert build["results"] == 6
    by_name = {step["name"]: step["results"] for step in master.steps(build)}
    assert by_name == {"worker_preparation": 0, "long": 6, "cleanup": 0}
    assert "no longer needed" in master.log_text(master.step(build, "long"), "cancelled")


def test_a_failing_step_halts_the_build_when_asked(run_master: Callable[[str], Master]) -> None:
    master = run_master(
        """
f = util.BuildFactory([
    steps.ShellCommand(name="soft", command="exit 3", flunkOnFailure=False, warnOnFailure=True),
    steps.ShellCommand(name="hard", command="exit 4", haltOnFailure=True),
    steps.ShellCommand(name="never", command="true"),
])
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=f)]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"])]
"""
    )

    build = master.finished_build(master.force())

    assert build["results"] == 2
    steps = {step["name"]: (step["results"], step["state_string"]) for step in master.steps(build)}
    assert steps["soft"] == (2, "'exit 3' (failure)")
    assert steps["hard"] == (2, "'exit 4' (failure)")
    assert "never" not in steps
    assert build["state_string"] == "failed 'exit 3' (failure) 'exit 4' (failure)"
