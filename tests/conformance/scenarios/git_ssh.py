# SPDX-License-Identifier: MIT
"""Twice, with a commit in between; then what ssh was asked."""

HEADERS_ONLY = ("git",)
# Refuses another key than KEY, one that others may read, and hosts with another key than AAAA.
SSH = r"""#!/bin/sh
echo "ssh $*" >> "$CALLS"
while [ $# -gt 0 ]; do
  case $1 in
    -i) key=$2; shift;;
    -o)
      case $2 in
        UserKnownHostsFile=*) hosts=${2#*=};;
        IdentityFile=*) key=${2#*=};;
      esac
      shift;;
    -p) shift;;
    -*) ;;
    *) break;;
  esac
  shift
done
key=$(echo "$key" | tr -d '"') hosts=$(echo "$hosts" | tr -d '"')
[ "$2" ] || exit 1
[ -n "$key" ] && [ -r "$key" ] || { echo "git@example.org: Permission denied (publickey)." >&2; exit 255; }
[ "$(stat -c %a "$key")" = 400 ] || [ "$(stat -c %a "$key")" = 600 ] || { echo "UNPROTECTED PRIVATE KEY FILE" >&2; exit 255; }
grep -q abc "$key" || { echo "git@example.org: Permission denied (publickey)." >&2; exit 255; }
if [ -n "$hosts" ] && [ "$hosts" != /dev/null ]; then
  grep -q AAAA "$hosts" || { echo "Host key verification failed." >&2; exit 255; }
fi
shift
exec sh -c "$*"
"""


def prepare(stage):
    sub, repository = stage.repository("sub"), stage.repository("repo")
    sub.commit("sub first", {"file": "sub first\n"})
    repository.commit("first", {"file": "first\n"})
    add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../sub", "sub"]
    repository.git(*add)
    repository.commit("with sub", {"file": "second\n"})
    stage.program("ssh", SSH)


def play(stage):
    repository = stage.repository("repo")
    stage.finish(stage.force("b1", reason="new"))
    repository.commit("third", {"file": "third\n"})
    stage.finish(stage.force("b1", reason="again"))
    stage.note("calls", (stage.folder / "calls").read_text().split("\n"))
    stage.note("pushed", repository.git("log", "--format=%s", "pushed"))
