# SPDX-License-Identifier: MIT
"""Finds new commits of a git repository."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from buildbot_cfg import _bridge
from buildbot_cfg._checks import check_callable, check_strings, check_type, shown
from buildbot_cfg._compat.git_poller import GitPollerPrivates, details_are_stock
from buildbot_cfg._errors import report
from buildbot_cfg._tasks import awaited, started
from buildbot_cfg.changes._git import Git
from buildbot_cfg.changes._git_auth import GitAuth
from buildbot_cfg.changes.base import ReconfigurablePollingChangeSource
from buildbot_cfg.process._rendering import holds_renderable
from buildbot_cfg.process.codebase import Codebase
from buildbot_cfg.util._git_step import checked_credentials

_HEADS = "refs/heads/"
_TAGS = "refs/tags/"
#: What a source's state is kept under.
_STATE_CLASS = "buildbot.changes.gitpoller.GitPoller"
_COMMIT = re.compile(r"[0-9a-f]{40,64}\Z")


@dataclass(frozen=True, slots=True)
class _Commit:
    author: str
    committer: str
    when: float | None
    comments: str
    files: list[str]


class GitPoller(GitPollerPrivates, ReconfigurablePollingChangeSource):
    """Looks for new commits in a git repository.

    The first look ever only notes where the branches are. Later ones report each commit that a
    branch has got (along first parents), oldest first.

    Args:
        repourl: the repository.
        branches: a list of names, True (all), or a function (ref) that chooses.
        branch: one branch; neither: the repository's HEAD.
        workdir: where the commits are kept, below the master's base directory; "gitpoller-work".
        pollInterval: seconds between two looks.
        gitbin: the git program.
        usetimestamps: take the commits' times; otherwise the time when they were found.
        category: of the changes; a string or a function (change).
        project: of the changes.
        codebase: a ``util.Codebase``.
        encoding: of the commits' texts.
        name: unique among change sources; the repository by default.
        pollAtLaunch: look at once when the master starts.
        buildPushesWithNoCommits: report also a branch that now is at a known commit.
        only_tags: look at tags instead of branches.

    Example:
        >>> GitPoller("https://example.org/project.git", branches=["main"]).name
        'https://example.org/project.git'
    """

    lastRev: dict[str, str] | None = None
    _by_position = ("repourl",)

    def checkConfig(
        self,
        repourl: str,
        *,
        branches: Any = None,
        branch: str | None = None,
        workdir: str | None = None,
        pollInterval: float = 600,
        gitbin: str = "git",
        usetimestamps: bool = True,
        category: str | Callable[[Any], Any] | None = None,
        codebase: Codebase | None = None,
        project: str | None = None,
        fetch_refspec: str | None = None,
        encoding: str = "utf-8",
        name: str | None = None,
        pollAtLaunch: bool = False,
        buildPushesWithNoCommits: bool = False,
        only_tags: bool = False,
        sshPrivateKey: Any = None,
        sshHostKey: Any = None,
        sshKnownHosts: Any = None,
        pollRandomDelayMin: float = 0,
        pollRandomDelayMax: float = 0,
        auth_credentials: Any = None,
        git_credentials: Any = None,
    ) -> None:
        """Reports what is wrong with the arguments."""
        if self.name is None and isinstance(repourl, str):
            self.name = repourl
        label = self.label
        super().checkConfig(
            name, pollInterval, pollAtLaunch, pollRandomDelayMin, pollRandomDelayMax
        )
        if fetch_refspec is not None:
            what = '"fetch_refspec" is no longer supported: only the given branches are fetched'
            report(what, label)
        self._check_keys(sshPrivateKey, sshHostKey, sshKnownHosts)
        checked_credentials(label, repourl, auth_credentials, git_credentials)
        if holds_renderable(repourl):
            report('"repourl" is a renderable, which is not possible in this version', label)
        elif check_type(label, "repourl", repourl, str) and repourl.startswith("-"):
            report(f'"repourl" must not start with "-": {shown(repourl)}', label)
        self._checked_branches(branches, branch, only_tags)
        check_type(label, "workdir", workdir, str, type(None))
        check_type(label, "gitbin", gitbin, str)
        check_type(label, "encoding", encoding, str)
        if not isinstance(category, str):
            check_callable(label, "category", category)
        check_type(label, "project", project, str, type(None))
        check_type(label, "codebase", codebase, Codebase, type(None))

    def _check_keys(self, private: Any, host: Any, known: Any) -> None:
        for key, value in (("sshHostKey", host), ("sshKnownHosts", known)):
            if value is not None and private is None:
                report(f'"{key}" needs "sshPrivateKey"', self.label)
        if host is not None and known is not None:
            report('"sshHostKey" and "sshKnownHosts" exclude each other', self.label)

    @started
    async def reconfigService(
        self,
        repourl: str,
        branches: Any = None,
        branch: str | None = None,
        workdir: str | None = None,
        pollInterval: float = 600,
        gitbin: str = "git",
        usetimestamps: bool = True,
        category: str | Callable[[Any], Any] | None = None,
        codebase: Codebase | None = None,
        project: str | None = None,
        fetch_refspec: str | None = None,
        encoding: str = "utf-8",
        name: str | None = None,
        pollAtLaunch: bool = False,
        buildPushesWithNoCommits: bool = False,
        only_tags: bool = False,
        sshPrivateKey: Any = None,
        sshHostKey: Any = None,
        sshKnownHosts: Any = None,
        pollRandomDelayMin: float = 0,
        pollRandomDelayMax: float = 0,
        auth_credentials: Any = None,
        git_credentials: Any = None,
    ) -> None:
        """Takes over the arguments."""
        self.repourl = repourl
        self.branches = self._checked_branches(branches, branch, only_tags)
        self.workdir = workdir or "gitpoller-work"
        self.gitbin, self.encoding, self.category = gitbin, encoding, category
        self.usetimestamps, self.only_tags = usetimestamps, only_tags
        self.buildPushesWithNoCommits = buildPushesWithNoCommits
        self.project = project or ""
        self.codebase = codebase.name if isinstance(codebase, Codebase) else None
        credentials = checked_credentials(self.label, repourl, auth_credentials, git_credentials)
        self._auth = GitAuth(sshPrivateKey, sshHostKey, sshKnownHosts, credentials)
        await awaited(
            super().reconfigService(
                name, pollInterval, pollAtLaunch, pollRandomDelayMin, pollRandomDelayMax
            )
        )

    def _checked_branches(self, branches: Any, branch: Any, only_tags: Any) -> Any:
        if branches is not None and branch is not None:
            report('"branches" and "branch" exclude each other', self.label)
        if only_tags and (branches is not None or branch is not None):
            report('"only_tags" excludes "branch" and "branches"', self.label)
        if branch is not None:
            return [branch] if check_type(self.label, "branch", branch, str) else []
        if branches is None or branches is True or callable(branches):
            return branches
        if not isinstance(branches, list):
            what = '"branches" must be a list of names, True or a function of a name'
            report(f"{what}, not {shown(branches)}", self.label)
            return []
        return list(branches) if check_strings(self.label, "branches", branches, (list,)) else []

    def describe(self) -> str:
        """What it does, for people."""
        return f"GitPoller watching the remote git repository '{self.repourl}'"

    @started
    async def poll(self) -> None:
        """Looks once."""
        git = self._git = Git(self.gitbin, self._directory())
        self.changeCount = 0
        await git.make()
        async with self._auth.used_by(git):
            await self._visit(git)

    async def _visit(self, git: Git) -> None:
        refs = await git.remote_refs(self.repourl)
        refs = self._wanted(refs, git.head)
        if self.lastRev is None:
            self.lastRev = await self._load_state()
        heads = await self._fetched(git, refs)
        if self.lastRev is None:
            self.lastRev = heads
            await self._save_state()
            return
        for name, head in heads.items():
            await awaited(self._process_changes(head, name))
            self.lastRev[name] = head
        self.lastRev = {name: self.lastRev[name] for name in heads if name in self.lastRev}
        await self._save_state()

    def _directory(self) -> Path:
        # One repository a source, so that two of them never disturb each other.
        key = hashlib.sha256(f"{self.name}\n{self.repourl}".encode()).hexdigest()[:16]
        return Path(self.master.basedir, self.workdir, key)

    def _wanted(self, refs: dict[str, str], head: str) -> dict[str, str]:
        """The chosen refs of the remote, by full name."""
        if self.only_tags:
            return {ref: commit for ref, commit in refs.items() if ref.startswith(_TAGS)}
        if self.branches is None:
            return {ref: commit for ref, commit in refs.items() if ref == head}
        if self.branches is True:
            return {ref: commit for ref, commit in refs.items() if ref.startswith(_HEADS)}
        if callable(self.branches):
            return {r: c for r, c in refs.items() if r != "HEAD" and self.branches(r)}
        wanted = {b if b.startswith("refs/") else _HEADS + b for b in self.branches}
        for missing in sorted(wanted - refs.keys()):
            _bridge.log("warning", f'{self.label}: the repository has no "{missing}"')
        return {ref: commit for ref, commit in refs.items() if ref in wanted}

    async def _fetched(self, git: Git, refs: dict[str, str]) -> dict[str, str]:
        """The refs' commits after they were fetched, by short name."""
        heads = {}
        fetched = await git.fetch(self.repourl, refs)
        for ref, commit in fetched.items():
            heads[_short(ref)] = commit
        return heads

    async def _follow(self, branch: str, head: str) -> None:
        """Reports what a branch has got since the last look."""
        assert self.lastRev is not None
        git, name = self._git, branch
        known = [commit for commit in self.lastRev.values() if _COMMIT.match(commit)]
        known = await git.existing(known)
        if self.lastRev.get(name) == head:
            return
        commits = await git.new_commits(head, known)
        if not commits and self.buildPushesWithNoCommits:
            commits = [head]
        self.changeCount += len(commits)
        for commit in commits:
            await self._report(name, commit)
            # Noted at once: after a failure the next look goes on here.
            self.lastRev[name] = commit

    async def _report(self, name: str, commit: str) -> None:
        details = await self._details(commit)
        await self.master.data.updates.addChange(
            author=details.author,
            committer=details.committer,
            revision=commit,
            files=details.files,
            comments=details.comments,
            when_timestamp=details.when,
            branch=name,
            category=self.category,
            project=self.project,
            repository=self.repourl,
            codebase=self.codebase,
            src="git",
        )

    async def _details(self, commit: str) -> _Commit:
        if not details_are_stock(self):
            return _Commit(
                author=await awaited(self._get_commit_author(commit)),
                committer=await awaited(self._get_commit_committer(commit)),
                when=await awaited(self._get_commit_timestamp(commit)),
                comments=await awaited(self._get_commit_comments(commit)),
                files=await awaited(self._get_commit_files(commit)),
            )
        raw = await self._git.show(commit, "%aN <%aE>%n%cN <%cE>%n%ct%n%s%n%b")
        author, committer, when, *comments = raw.decode(self.encoding, "replace").split("\n")
        return _Commit(
            author,
            committer,
            int(when) if self.usetimestamps else None,
            "\n".join(comments).strip(),
            await self._git.files(commit, self.encoding),
        )

    async def _load_state(self) -> dict[str, str] | None:
        master = _bridge.live_master()
        try:
            state = await master.get_state(self.name, _STATE_CLASS, "lastRev")
        except KeyError:
            return None
        return dict(state)

    async def _save_state(self) -> None:
        master = _bridge.live_master()
        await master.set_state(self.name, _STATE_CLASS, "lastRev", self.lastRev)


def _short(ref: str) -> str:
    return ref.removeprefix(_HEADS)
