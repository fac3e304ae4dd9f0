# SPDX-License-Identifier: MIT
"""Twice: a clone and an update."""

HEADERS_ONLY = ("git", "exit")
FAKE = """#!/bin/sh
for word in "$@"; do
  if [ "$word" = --version ]; then
    [ "$VERSION" = none ] && exit 127
    echo "$VERSION"
    exit 0
  fi
done
exec /usr/bin/git "$@"
"""


def prepare(stage):
    stage.repository("repo").commit("first", {"file": "first\n"})
    stage.program("git", FAKE)


def play(stage):
    stage.finish(stage.force("b1"))
    stage.finish(stage.force("b1"))
