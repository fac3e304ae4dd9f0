# SPDX-License-Identifier: MIT
"""The newest, a label, changes in any order; what the fake was asked, with its input."""

HEADERS_ONLY = ("p4",)
# $SERVER/depot: one "number text" for each change; $SERVER/CLIENT.spec: what `client -i` was given.
FAKE = r"""#!/bin/sh
client=none password= command=
{ printf '%s:' "${PWD##*/}"; printf ' %s' "$@"; echo; } >> "$SERVER/calls"
while [ $# -gt 0 ]; do
  case $1 in
    -p|-u) shift;;
    -c) client=$2; shift;;
    -P) password=$2; shift;;
    -ztag|-Z*) ;;
    *) break;;
  esac
  shift
done
[ -z "$FAIL" ] || [ "$1" != "$FAIL" ] || { echo "Perforce: no $1 today" >&2; exit 1; }
[ "$1" = -V ] && echo "Rev. P4/LINUX26X86_64/2020.1/1" && exit
if [ "$1" = login ]; then
  read -r password
  [ "$password" = secret ] || { echo "Password invalid." >&2; exit 1; }
  echo "User me logged in."
  exit
fi
[ "${password:-secret}" = secret ] || { echo "Perforce password (P4PASSWD) invalid." >&2; exit 1; }
spec="$SERVER/$client.spec"
last() {  # the last change up to a number, a label, or the newest
  case $1 in
    \#head) tail -n 1 "$SERVER/depot";;
    @a_label) head -n 2 "$SERVER/depot" | tail -n 1;;
    @*) awk -v up="${1#@}" '$1 <= up + 0 { found = $0 } END { if (found) print found }' "$SERVER/depot";;
  esac
}
case "$1 $2" in
  "client -i") tee "$spec" >> "$SERVER/calls"; echo "Client $client saved.";;
  "changes -m1")
    [ -e "$spec" ] || exit 1
    found=$(last "${3#//*/...}")
    [ -z "$found" ] || printf '... change %s\n... time 1600000000\n... desc %s\n' "${found%% *}" "${found#* }";;
  "sync #none") rm -f "$(sed -n 's/^Root:[ \t]*//p' "$spec")/file";;
  sync*)
    root=$(sed -n 's/^Root:[ \t]*//p' "$spec")
    found=$(last "${2#//*/...}")
    mkdir -p "$root" && echo "${found#* }" > "$root/file" && echo "//depot/file#1 - added as $root/file";;
  *) echo "Unknown command.  Try 'p4 help' for info." >&2; exit 1;;
esac
"""


def prepare(stage):
    (stage.folder / "server").mkdir()
    commit(stage, "7 first\n")
    stage.program("p4", FAKE)


def commit(stage, text):
    with (stage.folder / "server" / "depot").open("a") as depot:
        depot.write(text)


def play(stage):
    stage.finish(stage.force("b1", reason="newest"))
    commit(stage, "9 second\n12 third\n")
    stage.finish(stage.force("b1", reason="label", revision="a_label", branch="other"))
    for revision in ("9", "10", "7"):
        stage.change(revision=revision, branch="trunk", files='["file"]')
    stage.classified(3)
    stage.restart_later(old="treeStableTimer=3600", new="treeStableTimer=1")
    stage.finished("b1", 3)
    stage.finish(stage.force("without"))
    stage.note("calls", (stage.folder / "server" / "calls").read_text().split("\n"))
