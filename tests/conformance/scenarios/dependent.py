# SPDX-License-Identifier: MIT
"""Changes whose first build succeeds, warns and fails; forced builds have no followers, triggered ones do."""

SETS_IN_ANY_ORDER = True


def play(stage):
    def sets(count):
        stage.wait(f"{count} buildsets", lambda: len(stage.rows("buildsets")) == count)
        stage.settle()

    stage.change(branch="main", revision="good", author="Ann <ann@x.org>", properties='{"c": 1}')
    sets(4)
    stage.change(branch="main", revision="warn", author="Bob <bob@x.org>")
    sets(8)
    stage.change(branch="main", revision="bad")
    sets(9)
    stage.finish(stage.force("first", revision="forced"))
    stage.finish(stage.force("asks", revision="asked", branch="dev"))
    sets(13)
    stage.restart_later()
    stage.change(branch="main", revision="again")
    sets(17)
