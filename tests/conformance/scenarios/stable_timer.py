# SPDX-License-Identifier: MIT
"""All changes come before the timers end: these are long until a restart, which begins them anew, short ones."""


def play(stage):
    stage.change(
        branch="main",
        revision="1",
        comments="nothing much",
        author="A <a@x.org>",
        properties='{"p": 1, "q": 1}',
    )
    stage.change(
        branch="main",
        revision="2",
        comments="important",
        author="B <b@x.org>",
        properties='{"p": 2}',
    )
    stage.change(
        branch="main",
        revision="3",
        comments="more",
        author="A <a@x.org>",
        files='["x"]',
        properties='{"r": 3}',
    )
    stage.change(
        branch="dev", revision="a1", project="two", repository="http://x.org/a", codebase="a"
    )
    stage.change(
        branch="dev", revision="a2", project="two", repository="http://x.org/a", codebase="a"
    )
    stage.classified(5)
    stage.restart_later(old="TIMER = 3600", new="TIMER = 1")
    stage.finished("gathering", 1)
    stage.finished("two", 1)
    stage.change(branch="main", revision="4", comments="nothing again")
    stage.classified(1)
