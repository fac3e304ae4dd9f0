# SPDX-License-Identifier: MIT
"""The newest, a revision, a patch, the newest; what the fake was asked; databases that mtn cannot use."""

HEADERS_ONLY = ("mtn",)
IDS = [digit * 40 for digit in "abc"]
# $SERVER/revisions: one "id text" for each revision. A database is a copy of it, behind a line with its state.
FAKE = r"""#!/bin/sh
echo "${PWD##*/}: $*" >> "$SERVER/calls"
db=db.mtn revision= ticker=
words="$*"
while [ $# -gt 0 ]; do
  case $1 in
    --db) db=$2; shift;;
    --revision) revision=$2; shift;;
    --branch|--ticker=*) [ "$1" != --branch ] || shift;;
    *) rest="$rest $1";;
  esac
  shift
done
set -- $rest
[ -z "$FAIL" ] || [ "$1" != "$FAIL" ] || { echo "mtn: no $1 today" >&2; exit 1; }
row() { if [ "$1" ]; then grep "^$1 " "$2"; else tail -n +2 "$2" | tail -n 1; fi; }
take() {  # DATABASE TREE
  found=$(row "$revision" "$1") && [ "$found" ] || { echo "mtn: misuse: no revision" >&2; exit 1; }
  mkdir -p "$2/_MTN" && echo "${found#* }" > "$2/file"
  echo "${found%% *}" > "$2/_MTN/revision"
  case $1 in /*) echo "$1";; *) echo "$PWD/$1";; esac > "$2/_MTN/database"
}
case $1 in
  --version) echo "monotone 1.1 (base revision: unknown)";;
  db)
    case $2 in
      init) [ ! -e "$db" ] || exit 1; echo usable > "$db";;
      info) head -n 1 "$db";;
      migrate) sed -i 1s/.*/usable/ "$db";;
    esac;;
  pull)
    grep -q usable "$db" || exit 1
    { echo usable; cat "$SERVER/revisions"; } > "$db";;
  checkout) [ ! -e "$2/_MTN" ] || exit 1; take "$db" "$2";;
  update)
    case $revision in h:*) revision=;; esac
    take "$(cat _MTN/database)" .;;
  ls)
    case $2 in
      unknown) find . -path ./_MTN -prune -o -type f ! -name '*.ignored' ! -name file -printf '%P\n' | sort;;
      ignored) find . -path ./_MTN -prune -o -type f -name '*.ignored' -printf '%P\n' | sort;;
    esac;;
  automate) cat _MTN/revision;;
  *) echo "mtn: unknown command '$words'" >&2; exit 2;;
esac
"""


def prepare(stage):
    (stage.folder / "server").mkdir()
    commit(stage, 1)
    stage.program("mtn", FAKE)


def commit(stage, count):
    lines = [
        f"{name} {word}\n" for name, word in zip(IDS, ("first", "second", "third"), strict=True)
    ][:count]
    (stage.folder / "server" / "revisions").write_text("".join(lines))


def play(stage):
    stage.finish(stage.force("b1", reason="newest"))
    stage.finish(stage.force("copies", reason="newest"))
    commit(stage, 3)
    stage.finish(stage.force("copies", reason="again"))
    stage.finish(stage.force("b1", reason="revision", revision=IDS[1], branch="other"))
    diff = "--- file\n+++ file\n@@ -1 +1 @@\n-third\n+patched\n"
    stage.finish(stage.force("b1", reason="patch", patch_body=diff, patch_level="0"))
    stage.finish(stage.force("b1", reason="newest again"))
    database = stage.folder / "worker-w1" / "others" / "db.mtn"
    stage.finish(stage.force("others", reason="newest"))
    for reason in ("migration needed", "too new, cannot use", "not a monotone database"):
        revisions = database.read_text().split("\n", 1)[1]
        database.write_text(f"{reason}\n{revisions}")
        stage.finish(stage.force("others", reason=reason))
    stage.finish(stage.force("others", reason="no such revision", revision="d" * 40))
    stage.finish(stage.force("without"))
    stage.note("calls", (stage.folder / "server" / "calls").read_text().split("\n"))
