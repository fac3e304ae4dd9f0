# SPDX-License-Identifier: MIT
"""A builder looks while others stand at gates, workers come and go, and a scheduler is switched off."""

WORKERS = ["w1", "w2", "w4"]


def play(stage):
    def look():
        stage.finish(stage.force("look"))

    w2 = stage.rows("workers/w2")[0]["workerid"]
    look()
    first, _ = stage.at_gate("b1")
    look()
    second, _ = stage.at_gate("b2")
    look()
    stage.open("b1")
    stage.finish(first)
    look()
    stage.control(f"workers/{w2}", "pause", reason="a look")
    stage.wait("the pause", lambda: stage.rows("workers/w2")[0]["paused"])
    (scheduler,) = [s for s in stage.rows("schedulers") if s["name"] == "switched off"]
    stage.control(f"schedulers/{scheduler['schedulerid']}", "enable", enabled=False)
    stage.wait("it", lambda: not stage.rows(f"schedulers/{scheduler['schedulerid']}")[0]["enabled"])
    look()
    stage.control(f"workers/{w2}", "unpause", reason="")
    stage.wait("the end of it", lambda: not stage.rows("workers/w2")[0]["paused"])
    stage.kill_worker("w2")
    stage.start_worker("w3")
    third, _ = stage.at_gate("b3")
    look()
    stage.open("b2")
    stage.open("b3")
    stage.finish(second)
    stage.finish(third)
    for peer in stage.workers.values():
        peer.stop()
    stage.restart()
    stage.start_worker("w3")
    stage.start_worker("w4")
    look()
