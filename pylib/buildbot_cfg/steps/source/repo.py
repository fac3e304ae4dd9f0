# SPDX-License-Identifier: MIT
"""Checks out of many git repositories with Google's ``repo``."""

from __future__ import annotations

import asyncio
import re
import shlex
from typing import Any, ClassVar

from buildbot_cfg._checks import check_type
from buildbot_cfg._tasks import promised
from buildbot_cfg.process._live import BuildStepFailed
from buildbot_cfg.process.results import SUCCESS
from buildbot_cfg.steps.source.base import Source

_COMPRESSIONS = {
    ".gz": ["-z"], ".tgz": ["-z"], ".bz2": ["-j"], ".tbz2": ["-j"], ".lzma": ["--lzma"],
    ".lzop": ["--lzop"],
}  # fmt: skip


class RepoDownloadsFromProperties:
    """What properties say is to be downloaded: ``repo download project 12/3``, or shorter.

    Args:
        names: of the properties.
    """

    parse_download_re = (
        re.compile(r"repo download ([^ ]+) ([0-9]+/[0-9]+)"),
        re.compile(r"([^ ]+) ([0-9]+/[0-9]+)"),
        re.compile(r"([^ ]+)/([0-9]+/[0-9]+)"),
    )

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def getRenderingFor(self, props: Any) -> list[str]:
        """All of them."""
        found: list[str] = []
        for name in self.names:
            value = props.getProperty(name)
            if value is not None:
                found += self.parseDownloadProperty(value)
        return found

    def parseDownloadProperty(self, s: str) -> list[str]:
        """Those of one text."""
        for pattern in self.parse_download_re:
            if found := pattern.findall(s):
                return [f"{project} {change}" for project, change in found]
        return []


class RepoDownloadsFromChangeSource:
    """The patch sets of the build's changes from Gerrit.

    Args:
        codebase: only those of this one.
    """

    def __init__(self, codebase: str | None = None) -> None:
        self.codebase = codebase

    def getRenderingFor(self, props: Any) -> list[str]:
        """All of them."""
        build = props.getBuild()
        if self.codebase is None:
            changes = build.allChanges()
        else:
            stamp = build.getSourceStamp(self.codebase)
            changes = stamp.changes if stamp else []
        return [_patch_set(change.properties) for change in changes if _is_new(change.properties)]


def _is_new(properties: Any) -> bool:
    return bool(properties.getProperty("event.type") == "patchset-created")


def _patch_set(properties: Any) -> str:
    project, change, patch_set = (
        properties.getProperty(name)
        for name in ("event.change.project", "event.change.number", "event.patchSet.number")
    )
    return f"{project} {change}/{patch_set}"


class Repo(Source):
    """Syncs the tree of a manifest.

    Args:
        manifestURL: the repository of manifests.
        manifestBranch: its branch.
        manifestFile: the manifest.
        tarball: a tar archive on the worker to start from instead of nothing.
        jobs: how many are fetched at once.
        syncAllBranches: not only the one that is checked out.
        updateTarballAge: seconds after which the archive is made again.
        manifestOverrideUrl: a file of the worker's or a URL that replaces the manifest.
        repoDownloads: changes to download, "project number/patch set" each.
        depth: of history.
        submodules: check submodules out.
        syncQuietly: with less output.
    """

    name = "repo"
    program = "repo"
    renderables: ClassVar[list[str]] = [
        "manifestURL", "manifestBranch", "manifestFile", "tarball", "jobs", "syncAllBranches",
        "updateTarballAge", "manifestOverrideUrl", "repoDownloads", "depth", "submodules",
    ]  # fmt: skip
    ref_not_found_re = re.compile(r"fatal: Couldn't find remote ref")
    re_change = re.compile(r".* refs/changes/\d\d/(\d+)/(\d+) -> FETCH_HEAD$")
    re_head = re.compile(r"^HEAD is now at ([0-9a-f]+)...")
    #: A mirror may get a change later than Gerrit tells of it.
    mirror_sync_retry = 10
    mirror_sync_sleep: float = 60

    def __init__(
        self,
        manifestURL: Any = None,
        manifestBranch: Any = "master",
        manifestFile: Any = "default.xml",
        tarball: Any = None,
        jobs: Any = None,
        syncAllBranches: Any = False,
        updateTarballAge: Any = 7 * 24.0 * 3600.0,
        manifestOverrideUrl: Any = None,
        repoDownloads: Any = None,
        depth: Any = 0,
        submodules: Any = False,
        syncQuietly: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.manifestURL, self.manifestBranch = manifestURL, manifestBranch
        self.manifestFile, self.manifestOverrideUrl = manifestFile, manifestOverrideUrl
        self.tarball, self.updateTarballAge = tarball, updateTarballAge
        self.jobs, self.depth, self.submodules = jobs, depth, submodules
        self.syncAllBranches, self.syncQuietly = syncAllBranches, syncQuietly
        self.repoDownloads = [] if repoDownloads is None else repoDownloads
        self._require(manifestURL=manifestURL)
        check_type(self.label, "manifestURL", manifestURL, str, type(None), renderable=True)

    def computeSourceRevision(self, changes: list[Any]) -> Any:
        """The last change's revision."""
        return changes[-1].revision if changes else None

    @promised
    async def run_vc(self, branch: Any, revision: Any, patch: Any) -> int:
        """Syncs; from nothing when that fails."""
        self.stdio_log = await self.addLogForRemoteCommands("stdio")
        self.repoDownloads = self.repoDownloads or []
        if self.repoDownloads:
            listed = "".join(f"repo download {download}\n" for download in self.repoDownloads)
            self._tell(f"will download:\n{listed}".rstrip("\n"))
        if not await self.sourcedirIsUpdateable():
            await self._from_nothing()
        else:
            try:
                await self.doRepoSync()
            except BuildStepFailed:
                await self._from_nothing()
        await self.maybeUpdateTarball()
        await self.doRepoDownloads()
        return SUCCESS

    async def _from_nothing(self) -> None:
        await self.doClobberStart()
        await self.doRepoSync(True)

    async def sourcedirIsUpdateable(self) -> bool:
        """Whether the last build left a tree."""
        return await self.pathExists(self.repoDir())

    def repoDir(self) -> str:
        """Where repo keeps its own things."""
        return self._path(".repo")

    @promised
    async def doClobberStart(self) -> None:
        """Deletes everything; unpacks the archive."""
        await self.runRmdir(self.workdir)
        await self.runMkdir(self.workdir)
        if self.tarball and not await self._unpacked():
            # A broken archive would fail every build.
            await self._forget_archive()
            await self.runRmdir(self.repoDir(), abandonOnFailure=False)

    async def _unpacked(self) -> bool:
        words = ["tar", *self.computeTarballOptions(), "-xvf", self.tarball]
        return bool((await self._command(words, abandon=False)).rc == 0)

    # -- syncing -----------------------------------------------------------------------------

    @promised
    async def doRepoSync(self, forceClobber: bool = False) -> None:
        """Cleans, initializes and syncs."""
        await self.doCleanup()
        await self._command(["repo", *self._init_words()])
        if self.manifestOverrideUrl:
            await self._override()
        where = f"from branch {self.manifestBranch} from {self.manifestURL}"
        self._tell(f"synching manifest {self.manifestFile} {where}")
        await self._command(["repo", *self._sync_words()])
        await self._command(["repo", "manifest", "-r", "-o", "manifest-original.xml"])

    def _init_words(self) -> list[Any]:
        words = ["init", "-u", self.manifestURL, "-b", self.manifestBranch]
        words += ["-m", self.manifestFile, "--depth", str(self.depth)]
        return [*words, "--submodules"] if self.submodules else words

    def _sync_words(self) -> list[str]:
        words = ["sync", "--force-sync"]
        if self.jobs:
            words.append(f"-j{self.jobs}")
        if not self.syncAllBranches:
            words.append("-c")
        return [*words, "-q"] if self.syncQuietly else words

    async def _override(self) -> None:
        self._tell(f"overriding manifest with {self.manifestOverrideUrl}")
        path = self._path(self.manifestOverrideUrl)
        if await self.pathExists(path):
            await self._command(["cp", "-f", self.manifestOverrideUrl, "manifest_override.xml"])
        else:
            words = ["wget", self.manifestOverrideUrl, "-O", "manifest_override.xml"]
            await self._command(words)
        words = ["ln", "-sf", "../manifest_override.xml", "manifest.xml"]
        await self._command(words, workdir=self.repoDir())

    @promised
    async def doCleanup(self) -> None:
        """Brings the tree and the manifests into a known state, whatever the last build did."""
        words = ["bash", "-c", self._getCleanupCommand()]
        await self._command(words, abandon=False)

    def _getCleanupCommand(self) -> str:
        branch, manifest = shlex.quote(self.manifestBranch), shlex.quote(self.manifestFile)
        lists = shlex.quote(self._path(".repo", "project.list"))
        return f"""set -v
if [ -d .repo/manifests ]; then
  (
    cd .repo/manifests || exit
    rm -f .git/index.lock
    git fetch origin
    git reset --hard remotes/origin/{branch}
    git config branch.default.merge {branch}
    cd ..
    ln -sf manifests/{manifest} manifest.xml
  )
fi
repo forall -c rm -f .git/index.lock
repo forall -c git clean -f -d -x 2>/dev/null
repo forall -c git reset --hard HEAD 2>/dev/null
rm -f {lists}
"""

    # -- downloads ---------------------------------------------------------------------------

    @promised
    async def doRepoDownloads(self) -> None:
        """Downloads the changes; sets the property ``repo_downloaded``."""
        told = ""
        for download in self.repoDownloads:
            done = await self._downloaded(download)
            told += self._what(done.stderr)  # where git tells both
        self.setProperty("repo_downloaded", told, "Source")

    async def _downloaded(self, download: str) -> Any:
        self._tell(f"downloading changeset {download}")
        words = ["repo", "download", *download.split(" ")]
        for attempt in range(self.mirror_sync_retry + 1):
            done = await self._command(words, abandon=False, collect=True)
            if done.rc == 0:
                return done
            missing = self.ref_not_found_re.search(done.stderr)
            if not missing or attempt == self.mirror_sync_retry:
                break
            self._tell("wait one minute for mirror sync")
            await asyncio.sleep(self.mirror_sync_sleep)
        self.descriptionDone = [f"repo: change {download} does not exist"]
        if not missing:
            self.descriptionDone = [f"download failed: {download}"]
            await self._command(["repo", "forall", "-c", "git", "diff", "HEAD"], abandon=False)
        raise BuildStepFailed(f"repo download {download} failed")

    def _what(self, output: str) -> str:
        """``change/patch set commit`` of what was downloaded."""
        change = patch_set = commit = None
        for line in output.split("\n"):
            if found := self.re_change.match(line):
                change, patch_set = found.groups()
            if found := self.re_head.match(line):
                commit = found[1]
        return f"{change}/{patch_set} {commit} " if change and commit else ""

    # -- the archive -------------------------------------------------------------------------

    def computeTarballOptions(self) -> list[str]:
        """The options of tar for the archive's name."""
        for ending, words in _COMPRESSIONS.items():
            if self.tarball.endswith(ending):
                return words
        return []

    @promised
    async def maybeUpdateTarball(self) -> None:
        """Makes the archive when there is none, or an old one."""
        if not self.tarball:
            return
        age = await self._age()
        if age is None or age > float(self.updateTarballAge):
            words = ["tar", *self.computeTarballOptions(), "-cvf", self.tarball, ".repo"]
            if (await self._command(words, abandon=False)).rc != 0:
                await self._forget_archive()

    async def _forget_archive(self) -> None:
        await self._command(["rm", "-f", self.tarball], abandon=False)

    async def _age(self) -> float | None:
        times = []
        for path in (self.tarball, "."):
            done = await self._command(["stat", "-c%Y", path], abandon=False, collect=True)
            if done.rc != 0:
                return None
            if not done.stdout.strip().isdecimal():
                raise BuildStepFailed(f"stat of {path!r} said {done.stdout!r}")
            times.append(int(done.stdout))
        return float(times[1] - times[0])

    async def _command(
        self,
        words: list[Any],
        abandon: bool = True,
        collect: bool = False,
        workdir: str | None = None,
    ) -> Any:
        self._tell(f"Starting command: {' '.join(words)}")
        done = await self._shell(words, collect, collect, None, False, workdir)
        self.logEnviron = False  # the first command has shown it
        if abandon and done.rc != 0:
            self.descriptionDone = [f"repo failed at: {' '.join(words[:2])}"]
            raise BuildStepFailed(self.descriptionDone[0])
        return done

    def _tell(self, text: str) -> None:
        self.stdio_log.addHeader(text + "\n")
