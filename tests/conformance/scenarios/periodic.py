# SPDX-License-Identifier: MIT
"""The first time; a restart too early; one late without changes; one late with changes."""

SETS_IN_ANY_ORDER = True

NAMES = ("plain", "two", "changed", "important")


def play(stage):
    for name in NAMES:
        stage.finished(name, 1)
    stage.settle()
    stage.restart_later()
    stage.settle()

    stage.restart_later(*NAMES, kind="Periodic")
    stage.finished("plain", 2)
    stage.finished("two", 2)
    stage.finished("two-b", 2)

    stage.change(branch="dev", revision="c1", author="Ann <ann@x.org>", files='["src"]')
    stage.change(branch="main", revision="c2", author="Bob <bob@x.org>", files='["doc"]')
    stage.classified(3)
    stage.restart_later("changed", "important", kind="Periodic")
    stage.finished("changed", 2)
    stage.settle()

    stage.change(branch="main", revision="c3", files='["src"]')
    stage.classified(3)
    stage.restart_later("important", kind="Periodic")
    stage.finished("important", 2)
