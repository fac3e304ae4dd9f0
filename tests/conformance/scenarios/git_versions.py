# SPDX-License-Identifier: MIT
"""Twice: a clone and an update."""

from programs import fake_git

HEADERS_ONLY = ("git", "exit")
CASES = """
    --version)
      [ "$VERSION" = none ] && exit 127
      echo "$VERSION"
      exit 0;;
"""


def prepare(stage):
    stage.repository("repo").commit("first", {"file": "first\n"})
    fake_git(stage, CASES)


def play(stage):
    stage.finish(stage.force("b1"))
    stage.finish(stage.force("b1"))
