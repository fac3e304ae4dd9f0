# SPDX-License-Identifier: MIT
"""The same source stamp as a change, almost the same, twice the same, and rebuilds."""


def play(stage):
    known = {"branch": "main", "repository": "http://x.org/r", "project": "p"}
    stage.change(revision="r1", **known, properties='{"color": "red"}')
    stage.finished("b1", 1)
    stage.finish(stage.force("b2", revision="r1", **known))
    stage.finish(stage.force("b2", revision="r2", **known))
    stage.finish(stage.force("b2", **known))
    stage.finish(stage.force("b2", revision="r1", **(known | {"branch": "dev"})))
    stage.finish(stage.force("b2", revision="r1", **(known | {"project": ""})))
    stage.change(revision="r1", **known, author="Bob <bob@x.org>", comments="again")
    stage.finished("b1", 2)
    stage.finish(stage.force("b2", revision="r1", **known, username="Eve <eve@x.org>"))
    stage.finish(stage.rebuild(stage.finished("b2", 6)[5]))
    stage.finish(stage.force("b1", revision="r1", **known))
    stage.change(revision="s1", author="Bob <bob@x.org>", **(known | {"branch": "side"}))
    stage.finish(stage.force("b2", revision="s1", **(known | {"branch": "side"})))
    stage.change(revision="c1", codebase="one", repository="http://x.org/one", branch="main")
    stage.change(
        revision="c2",
        codebase="two",
        repository="http://x.org/two",
        branch="main",
        author="Carl <carl@x.org>",
    )
    stage.finish(
        stage.force_by(
            "two",
            "b3",
            one_branch="main",
            one_revision="c1",
            one_repository="http://x.org/one",
            two_branch="main",
            two_revision="c2",
            two_repository="http://x.org/two",
        )
    )
