# SPDX-License-Identifier: MIT
"""Each build is stopped; commands end when they hear of it, or when the worker has given up."""


def play(stage):
    for name in ("good", "bad", "warns", "own", "own-bad", "deaf", "own-deaf"):
        request, build = stage.at_gate(name)
        stage.stop_build(build, f"stop {name}")
        if "deaf" in name:
            stage.wait_output(build, "shell", "command interrupted")
            stage.open(name)
        stage.finish(request)
