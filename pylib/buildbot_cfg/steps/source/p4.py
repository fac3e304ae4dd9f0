# SPDX-License-Identifier: MIT
"""Checks out of a Perforce depot."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from buildbot_cfg._errors import report
from buildbot_cfg._tasks import awaited, promised
from buildbot_cfg.interfaces import WorkerSetupError
from buildbot_cfg.process._live import BuildStepFailed
from buildbot_cfg.process._rendering import is_renderable
from buildbot_cfg.process.properties import Interpolate
from buildbot_cfg.process.results import SUCCESS
from buildbot_cfg.steps.source.base import Source

_VERSION_TIMEOUT = 20 * 60
_CHANGE = re.compile(r"^\.\.\. change (\d+)\s*$", re.MULTILINE)


class P4(Source):
    """Syncs a Perforce client, which it makes or changes first.

    Args:
        mode: "incremental" keeps what the last build made; "full" does not.
        p4base: the part of the depot, with p4branch after it; or give p4viewspec.
        p4branch: see there.
        p4port: the server.
        p4user: for the server.
        p4passwd: for the server; not shown in logs.
        p4extra_views: further (depot path, client path) of the client's view.
        p4line_end: the client's line ends.
        p4viewspec: the whole view, a list of (depot path, client path).
        p4viewspec_suffix: added to both paths of p4viewspec.
        p4client: the client's name.
        p4client_spec_options: its options.
        p4client_type: "readonly" or "partitioned".
        p4extra_args: words added to ``sync``.
        p4bin: the program.
        use_tickets: log in instead of giving the password with each command.
        stream: p4base and p4branch are a stream.
    """

    name = "p4"
    renderables: ClassVar[list[str]] = [
        "mode", "p4base", "p4client", "p4viewspec", "p4branch", "p4passwd", "p4port", "p4user",
    ]  # fmt: skip
    possible_modes = ("incremental", "full")
    possible_client_types = (None, "readonly", "partitioned")

    def __init__(
        self,
        mode: Any = "incremental",
        method: Any = None,
        p4base: Any = None,
        p4branch: Any = None,
        p4port: Any = None,
        p4user: Any = None,
        p4passwd: Any = None,
        p4extra_views: Any = (),
        p4line_end: str = "local",
        p4viewspec: Any = None,
        p4viewspec_suffix: str | None = "...",
        p4client: Any = None,
        p4client_spec_options: str = "allwrite rmdir",
        p4client_type: str | None = None,
        p4extra_args: Any = None,
        p4bin: str = "p4",
        use_tickets: bool = False,
        stream: bool = False,
        debug: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(mode=mode, **kwargs)
        self.method, self.debug = method, debug
        self.p4base, self.p4branch, self.p4port = p4base, p4branch, p4port
        self.p4user, self.p4passwd, self.use_tickets = p4user, p4passwd, use_tickets
        self.p4extra_views, self.p4line_end = p4extra_views, p4line_end
        self.p4viewspec, self.p4viewspec_suffix = p4viewspec, p4viewspec_suffix
        self.p4client = p4client or Interpolate("buildbot_%(prop:workername)s_%(prop:buildername)s")
        self.p4client_spec_options, self.p4client_type = p4client_spec_options, p4client_type
        self.p4extra_args, self.p4bin, self.stream = p4extra_args, p4bin, stream
        self._check()

    def _check(self) -> None:
        label = self.label
        self._check_mode()
        self._check_choice("p4client_type", self.possible_client_types)
        if self.p4viewspec is None and self.p4base is None:
            report('"p4base" or "p4viewspec" must be given', label)
        if self.p4viewspec is not None and (self.p4base or self.p4branch or self.p4extra_views):
            report('give either "p4viewspec" or "p4base", "p4branch" and "p4extra_views"', label)
        if isinstance(self.p4viewspec, str):
            report('"p4viewspec" must be a list of (depot path, client path)', label)
        if self.stream and (not self.p4branch or self.p4extra_views or self.p4viewspec):
            report('"stream" needs "p4base" and "p4branch", and no views', label)
        if isinstance(self.p4base, str) and not is_renderable(self.p4base):
            if not self.p4base.startswith("//"):
                report(f'"p4base" must start with //: {self.p4base!r}', label)
            if self.p4base.endswith("/"):
                report(f'"p4base" must not end with /: {self.p4base!r}', label)
        if isinstance(self.p4branch, str) and self.p4branch.endswith("/"):
            report(f'"p4branch" must not end with /: {self.p4branch!r}', label)

    # -- commands ----------------------------------------------------------------------------

    def vc_words(self, command: list[Any]) -> list[Any]:
        """The command after server, user and client."""
        words: list[Any] = [self.p4bin]
        for option, value in (("-p", self.p4port), ("-u", self.p4user)):
            if value:
                words += [option, value]
        if self.p4passwd and not self.use_tickets:
            words += ["-P", ("obfuscated", self.p4passwd, "XXXXXX")]
        if self.p4client:
            words += ["-c", self.p4client]
        if self.p4extra_args and command[0] == "sync":
            words += self.p4extra_args
        return words + command

    @promised
    async def run_vc(self, branch: Any, revision: Any, patch: Any) -> int:
        """Checks out."""
        self.stdio_log = await self.addLogForRemoteCommands("stdio")
        version = await self._shell(
            [self.p4bin, "-V"], False, False, None, False, timeout=_VERSION_TIMEOUT
        )
        if version.rc != 0:
            raise WorkerSetupError("p4 is not installed on worker")
        if self.use_tickets and self.p4passwd:
            await self._dovccmd(["login"], initialStdin=f"{self.p4passwd}\n")
        await self._createClientSpec()
        self.revision = await self.get_sync_revision(revision)
        await awaited(getattr(self, f"mode_{self.mode}")())
        self.updateSourceProperty("got_revision", str(self.revision))
        return SUCCESS

    @promised
    async def mode_incremental(self) -> None:
        """Syncs what has changed."""
        await self._dovccmd(["sync", f"//{self.p4client}/...@{self.revision}"])

    @promised
    async def mode_full(self) -> None:
        """Deletes everything and syncs it again."""
        await self._dovccmd(["sync", "#none"])
        await self.runRmdir(self.workdir)
        await awaited(self.mode_incremental())

    @promised
    async def get_sync_revision(self, revision: Any = None) -> int:
        """The number of the newest change of the client up to a revision."""
        at = f"@{revision}" if revision else "#head"
        words = ["-ztag", "changes", "-m1", f"//{self.p4client}/...{at}"]
        said = await self._dovccmd(words, collectStdout=True)
        found = _CHANGE.search(said)
        if found is None:
            self.stdio_log.addHeader("p4 changes gave no change\n")
            raise BuildStepFailed("p4 changes gave no change")
        return int(found[1])

    # -- the client --------------------------------------------------------------------------

    async def _createClientSpec(self) -> None:
        path = self.build.path_module
        root = path.normpath(path.join(self.getProperty("builddir"), self.workdir))
        fields = {
            "Client:": f" {self.p4client}",
            "Owner:": f" {self.p4user}",
            "Description:": f"\n\tCreated by {self.p4user}",
            "Root:": f"\t{root}",
            "Options:": f"\t{self.p4client_spec_options}",
            "LineEnd:": f"\t{self.p4line_end}",
        }
        if self.p4client_type is not None:
            fields["Type:"] = f"\t{self.p4client_type}"
        if self.stream:
            fields["Stream:"] = f"\t{self.p4base}/{self.p4branch}"
        else:
            fields["View:"] = "".join(f"\n\t{line}" for line in self._view())
        spec = "\n\n".join(f"{name}{value}" for name, value in fields.items()) + "\n"
        await self._dovccmd(["client", "-i"], initialStdin=spec)

    def _view(self) -> list[str]:
        client = f"//{self.p4client}"
        if self.p4viewspec:
            suffix = self.p4viewspec_suffix or ""
            pairs = [(f"{a}{suffix}", f"{client}/{b}{suffix}") for a, b in self.p4viewspec]
        else:
            base = f"{self.p4base}/{self.p4branch}" if self.p4branch else self.p4base
            pairs = [(f"{base}/...", f"{client}/...")]
            for depot, folder in self.p4extra_views or ():
                depot, folder = depot.rstrip("/"), folder.rstrip("/")
                pairs.append((f"{depot}/...", f"{client}/{folder}/..."))
        return [f"{_quoted(depot)} {_quoted(folder)}" for depot, folder in pairs]

    def computeSourceRevision(self, changes: list[Any]) -> Any:
        """The newest change's number."""
        return max((int(change.revision) for change in changes), default=None)


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path
