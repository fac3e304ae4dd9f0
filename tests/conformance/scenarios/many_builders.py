# SPDX-License-Identifier: MIT
"""Two changes; then a scheduler is switched off and on."""


def play(stage):
    stage.change(branch="main", revision="1", author="Ann <ann@x.org>")
    stage.settle()
    stage.change(branch="dev", revision="2", author="Bob <bob@x.org>")
    stage.finished("warns", 2)
    stage.settle()
    some = next(row for row in stage.rows("schedulers") if row["name"] == "some")
    stage.note("off", stage.answer(f"schedulers/{some['schedulerid']}", "enable", enabled=False))
    stage.note(
        "off: rows",
        {
            k: v
            for k, v in stage.rows(f"schedulers/{some['schedulerid']}")[0].items()
            if k in ("name", "enabled")
        },
    )
    stage.change(branch="dev", revision="3")
    stage.change(branch="main", revision="4")
    stage.finished("bad", 2)
    stage.settle()
    stage.note("on", stage.answer(f"schedulers/{some['schedulerid']}", "enable", enabled=True))
    stage.change(branch="dev", revision="5")
    stage.finished("warns", 4)
