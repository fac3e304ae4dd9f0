# SPDX-License-Identifier: MIT
"""A build into nothing, one of the next commit's id, one of an id that is nowhere."""

from programs import fake_git

HEADERS_ONLY = ("git",)
# Says no to the commands that the file names, each line once.
CASES = """
    --version) break;;
    clone|fetch|checkout|clean|rev-parse|describe|reset)
      list={dir}/refuse/all
      if [ -e $list ] && grep -qx $word $list; then
        sed -i "0,/^$word$/{{//d}}" $list
        echo "no $word today" >&2
        exit 128
      fi
      break;;
"""


def prepare(stage):
    stage.repository("repo").commit("first", {"file": "first\n"})
    fake_git(stage, CASES.format(dir=stage.folder))


def play(stage):
    stage.finish(stage.force("b1", reason="newest"))
    second = stage.repository("repo").commit("second", {"file": "second\n"})
    stage.finish(stage.force("b1", reason="id", revision=second, branch="main"))
    stage.finish(stage.force("b1", reason="no such id", revision="0" * 40))
