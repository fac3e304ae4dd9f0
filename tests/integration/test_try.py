# SPDX-License-Identifier: MIT
"""`buildbot try` and `buildbot sendchange`: Buildbot's own programs (of KILN_UPSTREAM), and what hostile ones do.

A refused `buildbot try` never ends, whichever master it talks to: that is for the client of ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import Master, free_port, wait_for

CLIENT = Path(__file__).resolve().parents[1] / "support" / "pb_client.py"
UPSTREAM = os.environ.get("KILN_UPSTREAM")
CONFIG = """
f = util.BuildFactory([steps.ShellCommand(command=["echo", util.Interpolate("%(prop:color)s")], logEnviron=False)])
c["builders"] = [util.BuilderConfig(name=n, workernames=["w1"], factory=f) for n in ("b1", "b2", "foreign")]
c["change_source"] = changes.PBChangeSource()
c["schedulers"] = [
    schedulers.Try_Userpass(name="try", builderNames=["b1", "b2"], port="tcp:PORT:interface=127.0.0.1", userpass=[("ann", "pw")]),
    schedulers.Try_Jobdir(name="dir", builderNames=["b1"], jobdir="jobs"),
    schedulers.ForceScheduler(name="force", builderNames=["foreign"]),
]
"""

Run = Callable[[str], Master]


def netstrings(*parts: str) -> bytes:
    return b"".join(b"%d:%s," % (len(part.encode()), part.encode()) for part in parts)


def client(port: int, *words: Any) -> Any:
    command = [sys.executable, str(CLIENT), str(port), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def master(run_master: Run, port: int) -> Master:
    return run_master(CONFIG.replace("PORT", str(port)))


def upstream(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [f"{UPSTREAM}/bin/buildbot", *words]
    return subprocess.run(
        command, cwd=folder, text=True, timeout=300, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=os.environ | {"HOME": str(folder)}, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_buildbots_own_try_and_sendchange(master: Master, port: int, tmp_path: Path) -> None:
    (tmp_path / "diff").write_text("--- a\n+++ b\n")
    common = ["try", "--connect=pb", f"--master=127.0.0.1:{port}", "--username=ann", "--vc=git"]
    job = ["--passwd=pw", "--diff=diff", "--patchlevel=1", "--baserev=abc", "--branch=main", "--repository=r",
           "--who=Ann <a@x.org>", "--comment=look", "--properties=color=red,size=2", "--wait"]  # fmt: skip

    names = upstream(tmp_path, *common, "--passwd=pw", "--get-builder-names")
    assert "b1" in names.stdout and "b2" in names.stdout and "foreign" not in names.stdout

    done = upstream(tmp_path, *common, *job, "--builder=b2")
    assert done.returncode == 0 and "b2: success" in done.stdout, done.stdout
    (build,) = master.rows("builds")
    assert master.log_text(master.step(build, "shell")).count("\nored\n") == 1
    request = master.rows(f"buildrequests/{build['buildrequestid']}")[0]
    (stamp,) = master.rows(f"buildsets/{request['buildsetid']}")[0]["sourcestamps"]
    assert (stamp["branch"], stamp["revision"], stamp["repository"]) == ("main", "abc", "r")
    patch = {key: stamp["patch"][key] for key in ("author", "body", "comment", "level")}
    assert patch == {
        "author": "Ann <a@x.org>",
        "body": "--- a\n+++ b\n",
        "comment": "look",
        "level": 1,
    }

    foreign = upstream(tmp_path, *common, *job[:-1], "--builder=foreign")
    assert "success" not in foreign.stdout and len(master.rows("buildrequests")) == 1
    sent = upstream(tmp_path, "sendchange", f"--master=127.0.0.1:{master.pb}", "--who=Bob", "--branch=main",
                    "--revision=r9", "--comments=why", "--property=color:red", "src/a.c")  # fmt: skip
    assert sent.returncode == 0 and "change sent successfully" in sent.stdout, sent.stdout
    (change,) = master.rows("changes")
    assert (change["author"], change["files"], change["properties"]) == ("Bob", ["src/a.c"], {"color": ["red", "Change"]})  # fmt: skip


if UPSTREAM is None:  # there is no Buildbot to ask; the others speak as its clients do
    del test_buildbots_own_try_and_sendchange


def test_each_port_lets_in_only_its_own_users(master: Master, port: int) -> None:
    refused = {"refused": "twisted.cred.error.UnauthorizedLogin"}
    assert client(port, "ann", "pw", "names") == ["b1", "b2"]
    assert client(master.pb, "ann", "pw", "names") == refused
    assert client(port, "w1", "pw1", "names") == refused
    assert client(port, "change", "changepw", "change", "[]") == refused
    assert client(master.pb, "change", "changepw", "change", "[]") == []


def test_a_client_says_what_it_likes(master: Master, port: int) -> None:
    assert "refused" in client(port, "ann", "pw", "change", json.dumps([{"who": "a"}]))
    assert "refused" in client(master.pb, "change", "changepw", "names")
    for wrong in ({"files": [1]}, {"when": "x"}, {"properties": [1]}, {"who": {}}):
        assert "refused" in client(master.pb, "change", "changepw", "change", json.dumps([wrong]))
    assert master.rows("changes") == []
    assert "refused" in client(port, "ann", "pw", "try", json.dumps({"builders": ["b1"], "patch": [-1, "x"]}))  # fmt: skip
    assert master.rows("buildsets") == []


def test_a_scheduler_that_is_disabled_builds_no_job(master: Master, port: int) -> None:
    (row,) = (one for one in master.rows("schedulers") if one["name"] == "try")
    master.control(f"schedulers/{row['schedulerid']}", "enable", enabled=False)
    wait_for(
        "the switch", lambda: not master.rows(f"schedulers/{row['schedulerid']}")[0]["enabled"]
    )
    assert client(port, "ann", "pw", "try", json.dumps({"builders": ["b1"]})) is None
    master.control(f"schedulers/{row['schedulerid']}", "enable", enabled=True)
    wait_for("the switch", lambda: master.rows(f"schedulers/{row['schedulerid']}")[0]["enabled"])
    assert client(port, "ann", "pw", "try", json.dumps({"builders": ["b1"]})) == ["b1"]


def test_a_reload_changes_who_gets_in(master: Master, port: int) -> None:
    text = (master.dir / "master.cfg").read_text()
    (master.dir / "master.cfg").write_text(text.replace('("ann", "pw")', '("bob", "other")'))
    done = master.cli("reconfig", str(master.dir))
    assert done.returncode == 0, done.stdout
    assert client(port, "bob", "other", "names") == ["b1", "b2"]
    assert "refused" in client(port, "ann", "pw", "names")


def test_hostile_job_files_do_no_harm(master: Master) -> None:
    jobs = master.dir / "jobs"
    new = jobs / "new"
    os.mkfifo(jobs / "tmp" / "pipe")
    (jobs / "tmp" / "pipe").rename(new / "a-pipe")
    (new / "b-link").symlink_to("/etc/passwd")
    (new / "c-folder").mkdir()
    with (jobs / "tmp" / "huge").open("wb") as file:
        file.truncate(10**12)
    (jobs / "tmp" / "huge").rename(new / "d-huge")
    (new / "e\nline").write_bytes(b"\0" * 100)
    (new / "f-cut").write_bytes(netstrings("1", "id", "main", "r", "0", "diff", "b1")[:-3])
    (new / "g-count").write_bytes(b"999999999999:")
    (new / "h-level").write_bytes(netstrings("1", "id", "main", "r", "99999", "diff", "b1"))
    (new / "i-deep").write_bytes(netstrings("5", "[" * 100_000))
    (new / ".j-hidden").write_bytes(b"")
    (jobs / "tmp" / "k").write_bytes(netstrings("1", "id", "main", "r", "0", "diff", "b1"))
    (jobs / "tmp" / "k").rename(new / "k-good")

    wait_for("the good job", lambda: [row for row in master.rows("builds") if row["complete"]])
    assert [path.name for path in new.iterdir()] == [".j-hidden"]
    (row,) = master.rows("buildsets")
    assert (row["external_idstring"], row["reason"]) == ("id", "'try' job")
    for name in (
        "a-pipe",
        "b-link",
        "c-folder",
        "d-huge",
        "e\\nline",
        "f-cut",
        "g-count",
        "i-deep",
    ):
        told = [line for line in master.log().splitlines() if name in line]
        assert told and "is no job" in told[-1], (name, told)
    assert "99999 is no patch level" in master.log()
