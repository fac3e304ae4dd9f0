# SPDX-License-Identifier: MIT
"""Twice with downloads from properties, the failures twice, changes from Gerrit; what the fake was asked."""

import json

HEADERS_ONLY = ("repo",)
# $SERVER/NAME: the text of project NAME's file.
FAKE = r"""#!/bin/sh
echo "${PWD##*/}: $*" >> "$SERVER/calls"
[ -z "$FAIL" ] || [ "$1" != "$FAIL" ] || { echo "fatal: no $1 today" >&2; exit 1; }
case $1 in
  init)
    while [ $# -gt 1 ]; do [ "$1" != -m ] || file=$2; shift; done
    mkdir -p .repo/manifests
    echo "<manifest name='$file'/>" > ".repo/manifests/$file"
    ln -sf "manifests/$file" .repo/manifest.xml;;
  sync)
    [ -e .repo/manifest.xml ] || exit 1
    [ -z "$ONCE" ] || [ ! -e a/file ] || exit 1
    for name in a b; do mkdir -p $name/.git && cp "$SERVER/$name" $name/file; done
    printf 'a\nb\n' > .repo/project.list;;
  forall)
    [ -e .repo/project.list ] || exit 1
    case "$*" in
      *clean*) rm -f a/untracked;;
    esac;;
  manifest) echo "<manifest revision='x'/>" > "$4";;
  download)
    case $2 in
      conflict) echo "error: could not apply 123; Automatic cherry-pick failed" >&2; exit 1;;
      missing) echo "fatal: Couldn't find remote ref refs/changes/01/1/1" >&2; exit 1;;
      lagging)
        [ -e "$SERVER/arrived" ] || { touch "$SERVER/arrived"; echo "fatal: Couldn't find remote ref x" >&2; exit 1; };;
    esac
    change=" * branch refs/changes/00/$3 -> FETCH_HEAD" head="HEAD is now at 0123456... $2"
    case $2 in
      z) echo "$change" >&2; echo "$head";;
      e/f) echo "$change"; echo "$head";;
      *) echo "$change" >&2; echo "$head" >&2;;
    esac
    mkdir -p "$2" && echo "$3" >> "$2/file";;
  *) echo "repo: '$1' is not a repo command" >&2; exit 1;;
esac
"""
WGET = '#!/bin/sh\necho "wget $*" >> "$SERVER/calls"\n[ "$FAIL" != wget ] || exit 4\necho "<manifest from=\'$1\'/>" > "$3"\n'


def prepare(stage):
    server = stage.folder / "server"
    server.mkdir()
    for name in ("a", "b"):
        (server / name).write_text(f"{name} first\n")
    stage.program("repo", FAKE)
    stage.program("wget", WGET)
    (stage.folder / "override.xml").write_text("<manifest overrides='all'/>\n")
    (stage.folder / "bad.tar").write_text("no archive\n")


def play(stage):
    given = {"p1": "repo download x/y 7/8 and repo download z 9/1", "p2": "e/f/2/3"}
    stage.finish(stage.force("b1", reason="new", **given))
    (stage.folder / "server" / "a").write_text("a second\n")
    stage.finish(stage.force("b1", reason="again", **given))
    for reason in ("failures", "failures again"):
        stage.finish(stage.force("failing", reason=reason))
    event = {
        "event.type": "patchset-created",
        "event.change.project": "e",
        "event.change.number": 8,
    }
    patch = json.dumps(event | {"event.patchSet.number": 2})
    stage.change(revision="r", branch="main", properties=patch)
    stage.finished("changes", 1)
    stage.note("calls", (stage.folder / "server" / "calls").read_text().split("\n"))
