# SPDX-License-Identifier: MIT
"""One builder whose steps a file says, with one file after the other."""

FILES = (
    "sections",
    "classes",
    "names",
    "conditions",
    "wrong text",
    "wrong part",
    "wrong class",
    "no file",
    "other file",
)


def play(stage):
    for name in FILES:
        stage.finish(stage.force("b1", which=name))
