# SPDX-License-Identifier: MIT
"""GitPoller with real repositories (semantics 10)."""

import asyncio
import base64
import functools
import os
import tempfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from buildbot.config import ConfigErrors
from buildbot.plugins import changes, util
from buildbot_cfg import _policy
from buildbot_cfg._master import MASTER
from buildbot_cfg._settings import settings_of
from buildbot_cfg._where import NOWHERE
from buildbot_cfg.changes._git import GitError
from git_repository import Repository


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    made = Repository(tmp_path / "origin")
    made.commit("first")
    return made


@pytest.fixture
def poller(repository, tmp_path, live, monkeypatch):
    monkeypatch.setattr(MASTER, "basedir", str(tmp_path / "base"))
    return lambda **given: changes.GitPoller(repository.url, **given)


def look(source):
    async def configured():
        await source.configureService()
        await source.poll()

    asyncio.run(configured())


def seen(live):
    return [(change["branch"], change["comments"]) for change in live.changes]


def test_the_first_look_only_notes_the_heads(poller, repository, live):
    look(poller(branches=True))

    assert live.changes == []
    key = (repository.url, "buildbot.changes.gitpoller.GitPoller", "lastRev")
    assert live.state[key] == f'{{"main": "{repository.head()}"}}'


def test_later_looks_report_each_commit_oldest_first(poller, repository, live):
    source = poller(branch="main", category="cat", project="proj")
    look(source)
    repository.commit("second", {"b/c.txt": "x", "ümlaut": "y"})
    third = repository.commit("third\n\nwith a body")

    look(source)

    assert [change["comments"] for change in live.changes] == ["second", "third\nwith a body"]
    assert live.changes[0]["files"] == ["b/c.txt", "ümlaut"]
    assert live.changes[1] == {
        "author": "Ann Author <ann@x.org>", "committer": "Carl Committer <carl@x.org>", "files": ["file"],
        "comments": "third\nwith a body", "revision": third, "when_timestamp": repository.time,
        "branch": "main", "category": "cat", "revlink": "", "properties": {}, "repository": repository.url,
        "codebase": "", "project": "proj", "src": "git",
    }  # fmt: skip
    look(source)
    assert len(live.changes) == 2


def test_the_state_survives_a_restart(poller, repository, live):
    look(poller())
    repository.commit("second")

    look(poller())

    assert seen(live) == [("main", "second")]


def test_merges_are_one_change_with_the_files_of_the_branch(poller, repository, live):
    source = poller()
    look(source)
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("aside", {"side": "x"})
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "-m", "merged", "side")

    look(source)

    assert seen(live) == [("main", "merged")]
    assert live.changes[0]["files"] == ["side"]


def test_a_new_branch_at_a_known_commit_is_no_change_unless_wanted(poller, repository, live):
    quiet, loud = (
        poller(branches=True),
        poller(branches=True, buildPushesWithNoCommits=True, name="loud"),
    )
    look(quiet)
    look(loud)
    repository.git("branch", "new")

    look(quiet)
    assert seen(live) == []
    look(loud)

    assert seen(live) == [("new", "first")]


def test_a_commit_on_two_branches_is_reported_once(poller, repository, live):
    source = poller(branches=True)
    look(source)
    repository.git("checkout", "--quiet", "-b", "a")
    repository.commit("shared")
    repository.git("branch", "b")

    look(source)

    assert seen(live) == [("a", "shared")]


def test_a_function_chooses_full_refs(poller, repository, live):
    repository.git("update-ref", "refs/pull/1/head", "HEAD")
    source = poller(branches=lambda ref: ref.startswith("refs/pull/"))
    look(source)
    commit = repository.commit("pulled")
    repository.git("update-ref", "refs/pull/1/head", commit)

    look(source)

    assert seen(live) == [("refs/pull/1/head", "pulled")]


def test_only_tags_are_reported(poller, repository, live):
    source = poller(only_tags=True)
    repository.git("tag", "v0")
    look(source)
    repository.commit("second")
    repository.git("tag", "-a", "-m", "tag", "v1")

    look(source)

    assert seen(live) == [("refs/tags/v1", "second")]


def test_a_deleted_or_rewritten_branch_is_no_trouble(poller, repository, live):
    source = poller(branches=True)
    repository.git("branch", "gone")
    look(source)
    repository.git("branch", "-D", "gone")
    repository.git("commit", "--quiet", "--amend", "-m", "rewritten")

    look(source)

    assert seen(live) == [("main", "rewritten")]
    assert list(source.lastRev) == ["main"]


@pytest.mark.parametrize(
    "name", ["--upload-pack=x", "a;touch${IFS}hacked", "$(touch${IFS}hacked)", "-x", "a'b\"c", "ü"]
)
def test_hostile_branch_names_are_only_names(poller, repository, live, tmp_path, name):
    source = poller(branches=True)
    look(source)
    commit = repository.commit("second")
    repository.git("update-ref", f"refs/heads/{name}", commit)
    repository.git("update-ref", "refs/heads/main", commit + "~")

    look(source)

    assert seen(live) == [(name, "second")]
    assert not list(tmp_path.rglob("hacked"))


def test_a_failure_in_between_goes_on_where_it_stopped(poller, repository, live):
    source = poller()
    look(source)
    repository.commit("second")
    repository.commit("third")
    live.fail_after = 1
    with pytest.raises(RuntimeError):
        look(source)
    live.fail_after = None

    look(source)

    assert seen(live) == [("main", "second"), ("main", "third")]


def test_functions_fill_in_category_codebase_and_link(poller, repository, live, monkeypatch):
    monkeypatch.setattr(
        MASTER,
        "values",
        {
            "codebaseGenerator": lambda ch: "cb-" + ch["branch"],
            "revlink": lambda rev, repo: f"{repo}/{rev[:3]}",
        },
    )
    source = poller(category=lambda ch: ch["comments"].upper(), usetimestamps=False)
    look(source)
    head = repository.commit("second")

    look(source)

    (change,) = live.changes
    assert (change["category"], change["codebase"], change["when_timestamp"]) == (
        "SECOND",
        "cb-main",
        None,
    )
    assert change["revlink"] == f"{repository.url}/{head[:3]}"


class View:
    """What activate reads of a configuration."""

    def __init__(self, *sources):
        self.basedir, self.sources, self.values = MASTER.basedir, list(sources), {}
        self.services, self.scripted, self.db_url = [], [], ""
        self.settings = settings_of({}, lambda _: NOWHERE)


async def until(condition):
    while not condition():
        await asyncio.sleep(0.01)


def test_activated_sources_look_by_themselves_and_errors_are_only_logged(
    poller, repository, live, logged, run
):
    async def go():
        good = poller(pollAtLaunch=True, pollInterval=0.05)
        bad = changes.GitPoller("file:///nonexistent/repo", pollAtLaunch=True, pollInterval=0.05)
        await _policy.activate(View(good, bad))
        await until(lambda: live.state and any("nonexistent" in text for _, text in logged))
        repository.commit("second")
        await until(lambda: live.changes)
        await _policy.activate(View(bad))
        assert good._task is None
        await _policy.deactivate()

    run(go())

    assert seen(live) == [("main", "second")]
    assert any(
        level == "error" and "poll failed: git ls-remote failed" in text for level, text in logged
    )


def test_an_unchanged_source_goes_on_and_a_changed_one_takes_over_the_new_settings(
    poller, live, run
):
    async def go():
        first = poller(pollInterval=100)
        await _policy.activate(View(first))
        task = first._task
        await _policy.activate(View(poller(pollInterval=100)))
        assert first._task is task
        first.lastRev = {"main": "known"}
        other = poller(pollInterval=200)
        await _policy.activate(View(other))
        assert other._task is None
        assert first._task not in (None, task)
        assert (first.pollInterval, first.lastRev) == (200, {"main": "known"})
        await _policy.deactivate()
        assert first._task is None

    run(go())


def test_stopping_kills_the_running_git(poller, tmp_path, run):
    program, started = tmp_path / "slow-git", tmp_path / "started"
    program.write_text(
        f"#!/bin/sh\necho $$ > {started}.tmp; mv {started}.tmp {started}\nexec sleep 1000\n"
    )
    program.chmod(0o755)

    async def go():
        source = poller(gitbin=str(program), pollAtLaunch=True)
        await _policy.activate(View(source))
        await until(started.exists)
        await _policy.deactivate()

    run(go())

    pid = started.read_text().strip()
    assert not (tmp_path.__class__("/proc") / pid).exists()


def test_force_looks_at_once(poller, live, run):
    async def go():
        source = poller(pollInterval=1000)
        await source.start()
        await asyncio.sleep(0)
        source.force()
        await until(lambda: live.state)
        await source.stop()

    run(go())


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"branch": "a", "branches": ["b"]}, "exclude each other"),
        ({"only_tags": True, "branch": "a"}, '"only_tags" excludes'),
        ({"branches": "main"}, '"branches" must be a list of names, True or a function'),
        ({"branches": False}, '"branches" must be a list of names, True or a function'),
        ({"branches": ["a", 3]}, '"branches" must hold strings'),
        ({"pollInterval": "60"}, '"pollInterval" must be an integer or a number'),
        ({"pollInterval": -1}, '"pollInterval" must not be negative'),
        ({"pollRandomDelayMax": 700}, '"pollRandomDelayMax" must be less than "pollInterval"'),
        ({"codebase": "x"}, '"codebase" must be a Codebase or None'),
        ({"category": 3}, '"category" must be a function'),
    ],
)
def test_bad_arguments_are_configuration_errors(given, what):
    with pytest.raises(ConfigErrors, match=what):
        changes.GitPoller("u", **given)


def test_a_repository_cannot_be_an_option():
    with pytest.raises(ConfigErrors, match='must not start with "-"'):
        changes.GitPoller("--upload-pack=x")


def test_a_codebase_object_names_the_codebase(poller, repository, live):
    source = poller(codebase=util.Codebase("lib", "proj"))
    look(source)
    repository.commit("second")

    look(source)

    assert live.changes[0]["codebase"] == "lib"


class Splits(changes.GitPoller):
    """In the manner of llvm-zorg's: one change for each folder that a commit touches."""

    async def _process_changes(self, newRev, branch):
        known = ["^" + rev for rev in sorted(self.lastRev.values())]
        said = await self._dovccmd("log", ["--format=%H", newRev, *known, "--"], path=self.workdir)
        revisions = said.split()[::-1]
        self.changeCount = len(revisions)
        self.lastRev[branch] = newRev
        for revision in revisions:
            files = await self._get_commit_files(revision)
            for folder in sorted({name.split("/")[0] for name in files}):
                await self.master.data.updates.addChange(
                    author=await self._get_commit_author(revision),
                    committer=await self._get_commit_committer(revision),
                    comments=await self._get_commit_comments(revision),
                    when_timestamp=await self._get_commit_timestamp(revision),
                    revision=revision, branch=branch, project=folder, repository=self.repourl, src="git",
                    files=[name for name in files if name.split("/")[0] == folder],
                )  # fmt: skip


def test_a_subclass_makes_its_own_changes(repository, tmp_path, live, monkeypatch):
    monkeypatch.setattr(MASTER, "basedir", str(tmp_path / "base"))
    source = Splits(repository.url, branch="main")
    look(source)
    repository.commit("second", {"a/1": "x", "b/2": "y", "b/3": "z"})

    look(source)

    assert [(c["project"], c["files"]) for c in live.changes] == [
        ("a", ["a/1"]),
        ("b", ["b/2", "b/3"]),
    ]
    assert live.changes[0]["author"] == "Ann Author <ann@x.org>"
    assert live.changes[0]["when_timestamp"] == repository.time
    assert source.changeCount == 1
    look(source)
    assert len(live.changes) == 2


class Anonymous(changes.GitPoller):
    def _get_commit_author(self, rev):
        return "somebody"


def test_a_subclass_says_who_the_author_is(repository, tmp_path, live, monkeypatch):
    monkeypatch.setattr(MASTER, "basedir", str(tmp_path / "base"))
    source = Anonymous(repository.url, branch="main")
    look(source)
    repository.commit("second\n\nwith a body")

    look(source)

    assert [(c["author"], c["comments"]) for c in live.changes] == [
        ("somebody", "second\nwith a body")
    ]
    assert source.changeCount == 1


SSH = """#!/bin/sh
# As ssh with a server that lets in who has the right key; it shows the key of its host.
while [ $# -gt 0 ]; do
  case $1 in
    -i) key=$2; shift 2;;
    -o) case $2 in UserKnownHostsFile=*) hosts=${2#*=};; esac; shift 2;;
    -*) shift;;
    *) break;;
  esac
done
[ "$(stat -c %a "$key")" = 600 ] && grep -q RIGHT "$key" || { echo "Permission denied (publickey)" >&2; exit 255; }
[ -z "$hosts" ] || grep -q "HOST" "$hosts" || { echo "Host key verification failed." >&2; exit 255; }
shift
exec sh -c "$*"
"""


@pytest.fixture
def ssh_url(repository, tmp_path, monkeypatch):
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(SSH)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(MASTER, "basedir", str(tmp_path / "base"))
    return f"ssh://git@example.org{repository.url.removeprefix('file://')}"


@pytest.mark.parametrize(
    "given, fault",
    [
        ({}, "Permission denied"),
        ({"sshPrivateKey": "WRONG"}, "Permission denied"),
        ({"sshPrivateKey": "RIGHT"}, None),
        ({"sshPrivateKey": "RIGHT", "sshHostKey": "OTHER"}, "Host key verification failed"),
        ({"sshPrivateKey": util.Interpolate("%(kw:k)s", k="RIGHT"), "sshHostKey": "HOST"}, None),
        ({"sshPrivateKey": "RIGHT", "sshKnownHosts": "example.org HOST"}, None),
    ],
)
def test_repositories_behind_ssh(ssh_url, repository, live, given, fault, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "bin"))
    source = changes.GitPoller(ssh_url, branch="main", **given)
    if fault:
        with pytest.raises(GitError, match=fault):
            look(source)
    else:
        look(source)
        repository.commit("second")
        look(source)
        assert seen(live) == [("main", "second")]
    assert [file.name for file in (tmp_path / "bin").iterdir()] == ["ssh"]  # no key is left


class Guarded(SimpleHTTPRequestHandler):
    """Files for who knows the password."""

    def do_GET(self):
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        if base64.b64decode(given) == b"ann:right":
            super().do_GET()
            return
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="here"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *args):
        pass


@pytest.fixture
def http_url(repository, tmp_path, monkeypatch):
    monkeypatch.setattr(MASTER, "basedir", str(tmp_path / "base"))
    handler = functools.partial(Guarded, directory=repository.url.removeprefix("file://"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/.git"
        server.shutdown()


@pytest.mark.parametrize("password, works", [("right", True), ("wrong", False)])
def test_repositories_behind_a_password(http_url, repository, live, password, works):
    source = changes.GitPoller(http_url, branch="main", auth_credentials=("ann", password))
    repository.git("update-server-info")
    if not works:
        with pytest.raises(GitError):
            look(source)
        return
    look(source)
    repository.commit("second")
    repository.git("update-server-info")
    look(source)
    assert seen(live) == [("main", "second")]


@pytest.mark.parametrize(
    "given, fault",
    [
        ({"auth_credentials": "ann"}, r'"auth_credentials" must be \(user, password\)'),
        ({"git_credentials": "ann"}, '"git_credentials" must be GitCredentialOptions'),
    ],
)
def test_credentials_that_are_none(given, fault):
    with pytest.raises(ConfigErrors, match=fault):
        changes.GitPoller("https://example.org/x.git", **given)
