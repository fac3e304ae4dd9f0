# SPDX-License-Identifier: MIT
"""Steps that build packages of Debian in a clean system."""

from __future__ import annotations

import stat
import time
from typing import Any, ClassVar

from buildbot_cfg._errors import report
from buildbot_cfg.process.buildstep import BuildStepFailed
from buildbot_cfg.process.remotecommand import RemoteCommand, RemoteShellCommand
from buildbot_cfg.steps._warnings import WarningCountingShellCommand

__all__ = ["DebCowbuilder", "DebPbuilder", "UbuCowbuilder", "UbuPbuilder"]


class DebPbuilder(WarningCountingShellCommand):
    """Builds a package with pbuilder; makes its base system when there is none, and keeps it fresh.

    Args:
        architecture: of the package; by default the worker's own.
        distribution: for which it is.
        basetgz: the file of the base system.
        mirror: from where packages come.
        othermirror: more sources: a string, joined by ``|``, or a list.
        extrapackages: packages that the base system has, too.
        keyring: that of the mirror.
        components: of the distribution.

    Example:
        >>> DebPbuilder(distribution="bookworm").name
        'pbuilder'
    """

    name = "pbuilder"
    haltOnFailure = True
    flunkOnFailure = True
    description = ["building"]
    descriptionDone = ["built"]
    warningPattern = r".*(warning[: ]|\sW: ).*"

    architecture: Any = None
    distribution: Any = "stable"
    basetgz: Any = None
    _default_basetgz = "/var/cache/pbuilder/{distribution}-{architecture}-buildbot.tgz"
    mirror: Any = "http://cdn.debian.net/debian/"
    othermirror: Any = ""
    extrapackages: Any = ()
    keyring: Any = None
    components: Any = None
    #: Seconds after which the base system is updated.
    maxAge = 60 * 60 * 24 * 7
    pbuilder = "/usr/sbin/pbuilder"
    baseOption = "--basetgz"

    renderables: ClassVar[list[str]] = [
        "architecture",
        "distribution",
        "basetgz",
        "mirror",
        "othermirror",
        "extrapackages",
        "keyring",
        "components",
    ]

    def __init__(
        self,
        architecture: Any = None,
        distribution: Any = None,
        basetgz: Any = None,
        mirror: Any = None,
        othermirror: Any = None,
        extrapackages: Any = None,
        keyring: Any = None,
        components: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for name, value in (
            ("architecture", architecture),
            ("distribution", distribution),
            ("basetgz", basetgz),
            ("mirror", mirror),
            ("othermirror", othermirror),
            ("extrapackages", extrapackages),
            ("keyring", keyring),
            ("components", components),
        ):
            if value:
                setattr(self, name, value)
        if isinstance(self.othermirror, (list, tuple)):
            self.othermirror = "|".join(self.othermirror)
        if not self.distribution:
            report('argument "distribution" is missing', f"step ({type(self).__name__})")

    async def run(self) -> int:
        """Makes or updates the base system, then builds."""
        if self.basetgz is None:
            architecture = self.architecture or "local"
            self.basetgz = self._default_basetgz.format(
                distribution=self.distribution, architecture=architecture
            )
        self.command = ["pdebuild", "--buildresult", ".", "--pbuilder", self.pbuilder]
        if self.architecture:
            self.command += ["--architecture", self.architecture]
        self.command += ["--", "--buildresult", ".", self.baseOption, self.basetgz]
        if self.extrapackages:
            self.command += ["--extrapackages", " ".join(self.extrapackages)]
        await self.checkBasetgz()
        return await super().run()

    async def checkBasetgz(self) -> None:
        """Makes the base system when it is missing, updates it when it is old.

        Raises:
            BuildStepFailed: that failed.
        """
        command = RemoteCommand("stat", {"file": self.basetgz})
        await self.runCommand(command)
        if command.rc != 0:
            await self._prepare("--create", self._options())
            return
        found = command.updates["stat"][-1]
        mode, changed = found[stat.ST_MODE], found[stat.ST_MTIME]
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise BuildStepFailed(f"{self.basetgz} is neither a file nor a directory")
        if changed + self.maxAge < time.time():
            await self._prepare("--update", [])

    def _options(self) -> list[Any]:
        options = ["--distribution", self.distribution, "--mirror", self.mirror]
        for name, value in (
            ("--othermirror", self.othermirror),
            ("--architecture", self.architecture),
            ("--extrapackages", " ".join(self.extrapackages)),
            ("--debootstrapopts", self.keyring and f"--keyring={self.keyring}"),
            ("--components", self.components),
        ):
            if value:
                options += [name, value]
        return options

    async def _prepare(self, verb: str, options: list[Any]) -> None:
        words = ["sudo", self.pbuilder, verb, self.baseOption, self.basetgz, *options]
        command = RemoteShellCommand(self.workdir, words)
        command.useLog(await self.addLog("pbuilder"), True, "stdio")
        await self.runCommand(command)
        if command.rc != 0:
            raise BuildStepFailed(f"{self.pbuilder} {verb} failed")


class DebCowbuilder(DebPbuilder):
    """Builds a package with cowbuilder."""

    name = "cowbuilder"
    _default_basetgz = "/var/cache/pbuilder/{distribution}-{architecture}-buildbot.cow/"
    pbuilder = "/usr/sbin/cowbuilder"
    baseOption = "--basepath"


class UbuPbuilder(DebPbuilder):
    """Builds a package of Ubuntu with pbuilder."""

    distribution = None
    mirror = "http://archive.ubuntu.com/ubuntu/"
    components = "main universe"


class UbuCowbuilder(DebCowbuilder):
    """Builds a package of Ubuntu with cowbuilder."""

    distribution = None
    mirror = "http://archive.ubuntu.com/ubuntu/"
    components = "main universe"
