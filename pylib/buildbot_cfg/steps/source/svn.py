# SPDX-License-Identifier: MIT
"""Checks out of a Subversion repository."""

from __future__ import annotations

import posixpath
import xml.etree.ElementTree as xml
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from buildbot_cfg._tasks import awaited, promised
from buildbot_cfg.process._live import BuildStepFailed
from buildbot_cfg.steps.source.base import Source

#: Of the worker, for those who give none.
_COPY_TIMEOUT = 120
_PORTS = {"http": 80, "https": 443, "svn": 3690}


class SVN(Source):
    """Checks a revision of a Subversion repository out.

    Args:
        repourl: the folder of the repository to check out.
        mode: "incremental" keeps what the last build made; "full" does not.
        method: how "full" cleans: "clean" (keeps ignored files), "fresh", "clobber" (deletes all),
            "copy" (updates the directory "source" and copies it) or "export".
        username: for the server.
        password: for the server; not shown in logs.
        extra_args: words added to all commands.
        keep_on_purge: files that "clean" and "fresh" leave alone.
        depth: how deep to check out.
        preferLastChangedRev: ``got_revision`` is the last that changed this folder.
    """

    name = "svn"
    program = "svn"
    renderables: ClassVar[list[str]] = ["repourl", "password"]
    possible_methods = ("clean", "fresh", "clobber", "copy", "export", None)

    def __init__(
        self,
        repourl: Any = None,
        mode: Any = "incremental",
        method: Any = None,
        username: Any = None,
        password: Any = None,
        extra_args: Any = None,
        keep_on_purge: Any = None,
        depth: Any = None,
        preferLastChangedRev: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(mode=mode, **kwargs)
        self.repourl, self.method = repourl, method
        self.username, self.password = username, password
        self.extra_args, self.depth = extra_args, depth
        self.keep_on_purge = keep_on_purge or []
        self.preferLastChangedRev = preferLastChangedRev
        self._require(repourl=repourl)
        self._check_mode()
        self._check_choice("method", self.possible_methods)

    @promised
    async def run_vc(self, branch: Any, revision: Any, patch: Any) -> int:
        """Checks out."""
        self.revision, self.method = revision, self._getMethod()
        self.stdio_log = await self.addLogForRemoteCommands("stdio")
        await self._require_program()
        if await self.sourcedirIsPatched():
            await self.purge(False)
        return await self.make_tree(patch)

    # -- modes and methods -------------------------------------------------------------------

    @promised
    async def mode_full(self) -> None:
        """Makes a clean tree."""
        if self.method in ("clobber", "copy", "export"):
            await awaited(getattr(self, "copy" if self.method == "export" else self.method)())
        elif await self._sourcedirIsUpdatable():
            await awaited(getattr(self, self.method)())
        else:
            await self.clobber()

    @promised
    async def mode_incremental(self) -> None:
        """Updates the tree of the last build, or checks out."""
        if await self._sourcedirIsUpdatable():
            await self._dovccmd(["update", *self._at()])
        else:
            await self.clobber()

    @promised
    async def clobber(self) -> None:
        """Deletes everything and checks out."""

        async def attempt() -> bool:
            await self.runRmdir(self.workdir, timeout=self.timeout)
            words = ["checkout", self.repourl, ".", *self._at()]
            return bool(await self._dovccmd(words, abandonOnFailure=False) == 0)

        if not await self.retried(attempt):
            raise BuildStepFailed("svn checkout failed")

    @promised
    async def clean(self) -> None:
        """Deletes what is neither tracked nor ignored, and updates."""
        await self.purge(False)
        await self._dovccmd(["update", *self._at()])

    @promised
    async def fresh(self) -> None:
        """Deletes what is not tracked, and updates."""
        await self.purge(True)
        await self._dovccmd(["update", *self._at()])

    @promised
    async def copy(self) -> None:
        """Updates the directory "source", and copies or exports it."""
        await self.runRmdir(self.workdir, timeout=self.timeout)
        target, self.workdir = self.workdir, "source"
        try:
            await awaited(self.mode_incremental())
            if self.method == "export":
                words = ["export", *self._at(), "source", target]
                await self._shell(["svn", *words], False, False, None, True, workdir="")
            else:
                await self.copied("source", target, timeout=_COPY_TIMEOUT)
        finally:
            self.workdir = target

    def _at(self) -> list[str]:
        return ["--revision", str(self.revision)] if self.revision else []

    # -- svn ---------------------------------------------------------------------------------

    def vc_words(self, command: list[Any]) -> list[Any]:
        """The command with the options for everything that may ask the server."""
        if command == ["--version"]:
            return ["svn", *command]
        words = ["svn", *command, "--non-interactive", "--no-auth-cache"]
        if self.username:
            words += ["--username", self.username]
        if self.password is not None:
            words += ["--password", ("obfuscated", self.password, "XXXXXX")]
        if self.depth:
            words += ["--depth", self.depth]
        return [*words, *(self.extra_args or [])]

    async def _info(self, words: list[Any], workdir: str | None = None) -> xml.Element:
        done = await self._shell(words, True, False, None, True, workdir)
        try:
            return xml.fromstring(done.stdout)
        except xml.ParseError:
            self.stdio_log.addHeader("svn info gave no XML\n")
            raise BuildStepFailed("svn info gave no XML") from None

    async def _sourcedirIsUpdatable(self) -> bool:
        if not await self.pathExists(self._path(".svn")):
            return False
        tree = await self._info(self.vc_words(["info", "--xml"]))
        url = tree.findtext(".//url")
        if url is None:
            return False
        return self.svnUriCanonicalize(self.repourl) == self.svnUriCanonicalize(url)

    @promised
    async def parseGotRevision(self) -> None:
        """Sets the property ``got_revision``."""
        # An export is no tree: it cannot tell its revision.
        place = "source" if self.method == "export" else None
        tree = await self._info(["svn", "info", "--xml"], place)
        kind = "commit" if self.preferLastChangedRev else "entry"
        found = tree.find(f".//{kind}")
        revision = None if found is None else found.get("revision")
        if revision is None and (entry := tree.find(".//entry")) is not None:
            revision = entry.get("revision")
        if revision is None or not revision.isdecimal():
            raise BuildStepFailed("svn info gave no revision")
        self.stdio_log.addHeader(f"Got SVN revision {revision}")
        self.updateSourceProperty("got_revision", revision)

    @promised
    async def purge(self, ignore_ignores: bool) -> None:
        """Deletes files that are not the repository's."""
        words = ["status", "--xml"] + (["--no-ignore"] if ignore_ignores else [])
        listing = await self._dovccmd(words, collectStdout=True)
        files = list(self.getUnversionedFiles(listing, self.keep_on_purge))
        if files and await self.runRmdir(
            [self._path(name) for name in files], abandonOnFailure=False, timeout=self.timeout
        ):
            raise BuildStepFailed("files could not be deleted")

    @staticmethod
    def getUnversionedFiles(xmlStr: str | bytes, keep_on_purge: Any) -> Iterator[str]:
        """What ``svn status`` lists, but for externals and what is kept."""
        try:
            tree = xml.fromstring(xmlStr)
        except xml.ParseError:
            raise BuildStepFailed("svn status gave no XML") from None
        for entry in tree.iter("entry"):
            status, path = entry.find("wc-status"), entry.get("path")
            if status is None or path is None or path in keep_on_purge:
                continue
            if status.get("item") != "external":
                yield path

    def computeSourceRevision(self, changes: list[Any]) -> Any:
        """The newest change's number."""
        return max((int(change.revision) for change in changes), default=None)

    @staticmethod
    def svnUriCanonicalize(uri: str) -> str:
        """The form in which two spellings of a URL are the same."""
        if not uri or uri == "/":
            return uri
        scheme, netloc, path, query, fragment = urlsplit(uri)
        scheme = scheme.lower()
        if netloc:
            user, at, host = netloc.rpartition("@")
            name, colon, port = host.partition(":")
            if colon and port.isdecimal() and int(port) == _PORTS.get(scheme):
                colon = port = ""
            netloc = f"{user}{at}{name.lower()}{colon}{port}"
        if scheme:
            path = posixpath.normpath(path.replace("//", "/")) if path not in ("", "/") else path
            path = "" if path == "/" and netloc else path
        elif path.endswith("/"):
            path = path[:-1]
        path = quote(unquote(path), safe="/!$&'()*+,-.:=@_~")
        if scheme == "file" and not netloc:
            return f"file://{path}"
        return urlunsplit((scheme, netloc, path, query, fragment))
