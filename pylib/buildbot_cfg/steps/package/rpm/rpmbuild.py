# SPDX-License-Identifier: MIT
"""A step that builds packages of RPM."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from buildbot_cfg._errors import report
from buildbot_cfg.steps._tool import ToolStep

__all__ = ["RpmBuild"]

_COMMAND_LINES = (
    "Provides:",
    "Requires(",
    "Requires:",
    "Checking for unpackaged",
    "Wrote:",
    "Executing(%",
    "+ ",
    "Processing files:",
)
_ERROR_LINES = ("   ", "RPM build errors:", "error: ")


class RpmBuild(ToolStep):
    """Runs ``rpmbuild -ba`` with a spec file.

    Args:
        specfile: the file.
        topdir: rpmbuild's ``_topdir``; the five further directories are settings of it, too.
        dist: the end of the release.
        define: a dict of further settings.
        autoRelease: count the release up, in a file of the master.
        vcsRevision: the build's ``got_revision`` becomes ``_revision``.

    Example:
        >>> RpmBuild(specfile="hello.spec", dist=".el9").name
        'rpmbuilder'
    """

    name = "rpmbuilder"
    haltOnFailure = True
    flunkOnFailure = True
    description = ["RPMBUILD"]
    descriptionDone = ["RPMBUILD"]
    refused = ("command",)
    reads_lines = True
    renderables: ClassVar[list[str]] = ["dist"]

    def __init__(
        self,
        specfile: Any = None,
        topdir: Any = "`pwd`",
        builddir: Any = "`pwd`",
        rpmdir: Any = "`pwd`",
        sourcedir: Any = "`pwd`",
        specdir: Any = "`pwd`",
        srcrpmdir: Any = "`pwd`",
        dist: Any = ".el6",
        define: dict[str, Any] | None = None,
        autoRelease: bool = False,
        vcsRevision: bool = False,
        **kwargs: Any,
    ) -> None:
        if not specfile:
            report('argument "specfile" is missing', "step (RpmBuild)")
        self.specfile, self.dist = specfile, dist
        self.autoRelease, self.vcsRevision = autoRelease, vcsRevision
        directories = {
            "_topdir": topdir,
            "_builddir": builddir,
            "_rpmdir": rpmdir,
            "_sourcedir": sourcedir,
            "_specdir": specdir,
            "_srcrpmdir": srcrpmdir,
        }
        self._defines = {**directories, **(define or {})}
        self.rpmcmdlog: list[str] = []
        self.rpmerrors: list[str] = []
        super().__init__(**kwargs)

    def words(self) -> Any:
        """The command, a string for the shell."""
        defines = dict(self._defines)
        if self.autoRelease:
            defines["_release"] = self._next_release()
        if self.vcsRevision and (revision := self.getProperty("got_revision")):
            defines["_revision"] = revision
        defines["dist"] = self.dist
        options = "".join(f' --define "{name} {value}"' for name, value in defines.items())
        return f"rpmbuild{options} -ba {self.specfile}"

    def _next_release(self) -> str:
        """The number in the master's file, which is counted up."""
        path = Path(self.specfile.split(".")[0] + ".release")
        try:
            release = path.read_text().rstrip()
        except FileNotFoundError:
            release = "0"
        path.write_text(f"{int(release) + 1}\n")
        return release

    def saw_line(self, stream: str, line: str) -> None:
        """Sorts the lines into two logs."""
        if line.startswith(_COMMAND_LINES):
            self.rpmcmdlog.append(line)
        elif line.startswith(_ERROR_LINES):
            self.rpmerrors.append(line)

    async def conclude(self, command: Any) -> int:
        """Makes the logs."""
        await self.addCompleteLog("RPM Command Log", "\n".join(self.rpmcmdlog))
        if self.rpmerrors:
            await self.addCompleteLog("RPM Errors", "\n".join(self.rpmerrors))
        result: int = command.results()
        return result
