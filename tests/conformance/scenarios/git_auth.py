# SPDX-License-Identifier: MIT
"""The calls of git with the files that they could read; gits that are too old or none."""

HEADERS_ONLY = ("git",)
FAKE = """#!/bin/sh
(
  echo "== $STEP: $@"
  env | grep '^GIT_SSH'
  cd "$FILES"
  cd ..
  find . -path '*.buildbot/*' -type f | sort | while read -r file; do
    stat -c '%a %n' "$file"
    cat "$file"
  done
) >> {dir}/calls
for word in "$@"; do
  [ "$word" != --version ] || exec echo "git version $VERSION"
done
exec /usr/bin/git "$@"
"""


def prepare(stage):
    stage.repository("repo").commit("first", {"file": "first\n"})
    stage.program("git", FAKE.format(dir=stage.folder))


def play(stage):
    stage.finish(stage.force("b1"))
    stage.note("calls", (stage.folder / "calls").read_text().split("\n"))
    left = (stage.folder / "worker-w1").rglob("*.buildbot*")
    stage.note("left", sorted(str(path) for path in left))
    stage.finish(stage.force("old"))
    stage.finish(stage.force("junk"))
