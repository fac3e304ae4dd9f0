# SPDX-License-Identifier: MIT
"""Steps that build with Microsoft's Visual Studio."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from buildbot_cfg._errors import report
from buildbot_cfg.process.logobserver import LogLineObserver
from buildbot_cfg.process.results import FAILURE, SUCCESS, WARNINGS
from buildbot_cfg.steps._tool import ToolStep

__all__ = [
    "VC6", "VC7", "VC8", "VC9", "VC10", "VC11", "VC12", "VC14", "VC141", "VS2003", "VS2005",
    "VS2008", "VS2010", "VS2012", "VS2013", "VS2015", "VS2017", "VS2019", "VS2022",
    "MSLogLineObserver", "MsBuild", "MsBuild4", "MsBuild12", "MsBuild14", "MsBuild15", "MsBuild16",
    "MsBuild17", "MsBuild141", "VCExpress9", "VisualStudio",
]  # fmt: skip


class MSLogLineObserver(LogLineObserver):
    """Counts projects, files, warnings and errors; the last two go into logs.

    Lines end with a line feed here as in all logs: Buildbot waits for a carriage return that the
    log does not have, and takes each piece of output for one line.
    """

    _re_delimiter = re.compile(r"^(\d+>)?-{5}.+-{5}$")
    _re_file = re.compile(r"^(\d+>)?[^ ]+\.(cpp|c)$")
    _re_warning = re.compile(r" ?: warning [A-Z]+[0-9]+:")
    _re_error = re.compile(r" ?error ([A-Z]+[0-9]+)?\s?: ")

    def __init__(self, logwarnings: Any, logerrors: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.logwarnings, self.logerrors = logwarnings, logerrors
        self.nbFiles = self.nbProjects = self.nbWarnings = self.nbErrors = 0

    def outLineReceived(self, line: str) -> None:
        """A line of stdout."""
        line = line.rstrip("\r")
        if self._re_delimiter.search(line):
            self.nbProjects += 1
            self.logwarnings.addStdout(f"{line}\n")
            self.logerrors.addStdout(f"{line}\n")
            self.step.setProgress("projects", self.nbProjects)
        elif self._re_file.search(line):
            self.nbFiles += 1
            self.step.setProgress("files", self.nbFiles)
        elif self._re_warning.search(line):
            self.nbWarnings += 1
            self.logwarnings.addStdout(f"{line}\n")
            self.step.setProgress("warnings", self.nbWarnings)
        elif self._re_error.search(f"{line}\n"):
            self.nbErrors += 1
            self.logerrors.addStderr(f"{line}\n")


class VisualStudio(ToolStep):
    """Base of the steps: makes the environment and counts what the compiler tells.

    Args:
        installdir: where Visual Studio is.
        mode: "rebuild", "build" or "clean".
        projectfile: the solution or project.
        config: the configuration.
        useenv: take the include and library directories from the environment.
        project: the one project to build; by default all.
        INCLUDE: a list of directories.
        LIB: a list of directories.
        PATH: a list of directories.
    """

    name = "compile"
    description = "compiling"
    descriptionDone = "compile"
    progressMetrics = ("projects", "files", "warnings")
    refused = ("command",)
    installdir: Any = None
    default_installdir: ClassVar[str | None] = None
    #: Directories of an installation, by variable.
    directories: ClassVar[dict[str, tuple[str, ...]]] = {}
    renderables: ClassVar[list[str]] = ["projectfile", "config", "project", "mode"]

    def __init__(
        self,
        installdir: Any = None,
        mode: Any = "rebuild",
        projectfile: Any = None,
        config: Any = "release",
        useenv: Any = False,
        project: Any = None,
        INCLUDE: Any = None,
        LIB: Any = None,
        PATH: Any = None,
        **kwargs: Any,
    ) -> None:
        if installdir:
            self.installdir = installdir
        self.mode, self.projectfile, self.config = mode, projectfile, config
        self.project = project
        self.INCLUDE, self.LIB, self.PATH = INCLUDE or [], LIB or [], PATH or []
        self.useenv = bool(useenv or self.INCLUDE or self.LIB or self.PATH)
        self.logobserver: MSLogLineObserver | None = None
        super().__init__(**kwargs)

    def add_env_path(self, name: str, value: str) -> None:
        """Appends a directory to a variable, with a semicolon after each."""
        before = self.env.get(name, "")
        if before and not before.endswith(";"):
            before += ";"
        self.env[name] = before + (value if value.endswith(";") else value + ";")

    def setupEnvironment(self) -> None:
        """Fills the environment."""
        self.env = dict(self.env or {})
        for name in ("INCLUDE", "LIB", "PATH"):
            for path in getattr(self, name):
                self.add_env_path(name, path)
        base = self.installdir or self.default_installdir
        for name, paths in self.directories.items():
            for path in paths:
                self.add_env_path(name, f"{base}{path}")

    async def setup_log_files(self) -> None:
        """Makes the logs of warnings and errors."""
        warnings, errors = await self.addLog("warnings"), await self.addLog("errors")
        self.logobserver = MSLogLineObserver(warnings, errors)
        self.addLogObserver("stdio", self.logobserver)

    async def run(self) -> int:
        """Builds."""
        self.setupEnvironment()
        await self.setup_log_files()
        return await self.run_tool()

    async def finish_logs(self) -> None:
        """Ends the two logs."""
        await self.getLog("warnings").finish()
        await self.getLog("errors").finish()

    async def conclude(self, command: Any) -> int:
        """The numbers become statistics."""
        await self.finish_logs()
        seen = self.logobserver
        assert seen is not None
        self.setStatistic("projects", seen.nbProjects)
        self.setStatistic("files", seen.nbFiles)
        self.setStatistic("warnings", seen.nbWarnings)
        self.setStatistic("errors", seen.nbErrors)
        return self.evaluate_result(command)

    def evaluate_result(self, cmd: Any) -> int:
        """Errors are a failure."""
        seen = self.logobserver
        assert seen is not None
        if cmd.didFail() or seen.nbErrors:
            return FAILURE
        return WARNINGS if seen.nbWarnings else SUCCESS

    def getResultSummary(self) -> Any:
        """The numbers."""
        seen = self.logobserver
        if seen is None:
            return super().getResultSummary()
        text = f"compile {seen.nbProjects} projects {seen.nbFiles} files"
        for name, count in (("warnings", seen.nbWarnings), ("errors", seen.nbErrors)):
            if count:
                text += f" {count} {name}"
        return self.summary_of(text)


class VC6(VisualStudio):
    """Builds with Visual C++ 6."""

    default_installdir = r"C:\Program Files\Microsoft Visual Studio"
    directories: ClassVar[dict[str, tuple[str, ...]]] = {
        "PATH": (r"\Common\msdev98\BIN", r"\VC98\BIN", r"\Common\TOOLS\WINNT", r"\Common\TOOLS"),
        "INCLUDE": (r"\VC98\INCLUDE", r"\VC98\ATL\INCLUDE", r"\VC98\MFC\INCLUDE"),
        "LIB": (r"\VC98\LIB", r"\VC98\MFC\LIB"),
    }

    def words(self) -> Any:
        """``msdev project /MAKE "project - config" /REBUILD``."""
        target = f"{self.project or 'ALL'} - {self.config}"
        verb = {"rebuild": "/REBUILD", "clean": "/CLEAN"}.get(self.mode, "/BUILD")
        command = ["msdev", self.projectfile, "/MAKE", target, verb]
        return command + ["/USEENV"] * self.useenv


class VC7(VisualStudio):
    """Builds with Visual C++ .NET 2003, by ``devenv``, as do the later ones."""

    default_installdir = r"C:\Program Files\Microsoft Visual Studio .NET 2003"
    program: ClassVar[str] = "devenv.com"
    directories: ClassVar[dict[str, tuple[str, ...]]] = {
        "PATH": (r"\Common7\IDE", r"\VC7\BIN", r"\Common7\Tools", r"\Common7\Tools\bin"),
        "INCLUDE": (
            r"\VC7\INCLUDE",
            r"\VC7\ATLMFC\INCLUDE",
            r"\VC7\PlatformSDK\include",
            r"\SDK\v1.1\include",
        ),
        "LIB": (r"\VC7\LIB", r"\VC7\ATLMFC\LIB", r"\VC7\PlatformSDK\lib", r"\SDK\v1.1\lib"),
    }

    def words(self) -> Any:
        """``devenv.com solution /Rebuild config /UseEnv /Project project``."""
        verb = {"rebuild": "/Rebuild", "clean": "/Clean"}.get(self.mode, "/Build")
        command = [self.program, self.projectfile, verb, self.config]
        command += ["/UseEnv"] * self.useenv
        return command + (["/Project", self.project] if self.project is not None else [])


VS2003 = VC7


class VC8(VC7):
    """Builds with Visual Studio 2005.

    Args:
        arch: "x86" or "x64".
    """

    default_installdir = r"C:\Program Files\Microsoft Visual Studio 8"
    arch: Any = None
    renderables: ClassVar[list[str]] = ["arch"]

    def __init__(self, arch: Any = "x86", **kwargs: Any) -> None:
        self.arch = arch
        super().__init__(**kwargs)

    def setupEnvironment(self) -> None:
        """Fills the environment for the architecture."""
        wide = self.arch == "x64"
        end = r"\amd64" if wide else ""
        self.directories = {  # type: ignore[misc]
            "PATH": (
                r"\Common7\IDE",
                *([r"\VC\BIN\x86_amd64"] * wide),
                r"\VC\BIN",
                r"\Common7\Tools",
                r"\Common7\Tools\bin",
                r"\VC\PlatformSDK\bin",
                r"\SDK\v2.0\bin",
                r"\VC\VCPackages",
            ),
            "INCLUDE": (r"\VC\INCLUDE", r"\VC\ATLMFC\include", r"\VC\PlatformSDK\include"),
            "LIB": tuple(
                path + end
                for path in (
                    r"\VC\LIB",
                    r"\VC\ATLMFC\LIB",
                    r"\VC\PlatformSDK\lib",
                    r"\SDK\v2.0\lib",
                )
            ),
        }
        super().setupEnvironment()
        self.add_env_path("PATH", "${PATH}")


VS2005 = VC8


class VCExpress9(VC8):
    """Builds with Visual C++ Express."""

    program = "vcexpress"


class VC9(VC8):
    """Builds with Visual Studio 2008."""

    default_installdir = r"C:\Program Files\Microsoft Visual Studio 9.0"


VS2008 = VC9


class VC10(VC9):
    """Builds with Visual Studio 2010."""

    default_installdir = r"C:\Program Files\Microsoft Visual Studio 10.0"


VS2010 = VC10


class VC11(VC10):
    """Builds with Visual Studio 2012."""

    default_installdir = r"C:\Program Files\Microsoft Visual Studio 11.0"


VS2012 = VC11


class VC12(VC11):
    """Builds with Visual Studio 2013."""

    default_installdir = r"C:\Program Files\Microsoft Visual Studio 12.0"


VS2013 = VC12


class VC14(VC12):
    """Builds with Visual Studio 2015."""

    default_installdir = r"C:\Program Files (x86)\Microsoft Visual Studio 14.0"


VS2015 = VC14


class VC141(VC14):
    """Builds with Visual Studio 2017."""

    default_installdir = r"C:\\Program Files (x86)\\Microsoft Visual Studio\\2017\\Community"


VS2017 = VC141


class VS2019(VC141):
    """Builds with Visual Studio 2019."""

    default_installdir = r"C:\\Program Files (x86)\\Microsoft Visual Studio\\2019\\Community"


class VS2022(VC141):
    """Builds with Visual Studio 2022."""

    default_installdir = r"C:\\Program Files (x86)\\Microsoft Visual Studio\\2022\\Community"


class _MsBuild(VisualStudio):
    """Base of the steps that run msbuild.

    Args:
        platform: what to build for: "Win32", "x64" ...
        defines: a list of constants to define.
    """

    platform: Any = None
    defines: Any = None
    vcenv_bat: ClassVar[str] = ""
    renderables: ClassVar[list[str]] = ["platform"]

    def __init__(self, platform: Any, defines: Any = None, **kwargs: Any) -> None:
        self.platform, self.defines = platform, defines
        super().__init__(**kwargs)

    def setupEnvironment(self) -> None:
        """Adds the file that makes Microsoft's own environment."""
        super().setupEnvironment()
        self.env["VCENV_BAT"] = self.vcenv_bat

    def describe_project(self, done: bool = False) -> str:
        """The project, the configuration and the platform in words."""
        what = self.project if self.project is not None else "solution"
        return f"{'built' if done else 'building'} {what} for {self.config}|{self.platform}"

    async def run(self) -> int:
        """Builds."""
        if self.platform is None:
            report('"platform" is missing: a string like "Win32"', f"step ({type(self).__name__})")
        return await super().run()

    def msbuild(self) -> str:
        """The command after the environment was made."""
        parts = [
            f'"{self.projectfile}"',
            f'/p:Configuration="{self.config}"',
            f'/p:Platform="{self.platform}"',
            "/maxcpucount",
            f"/t:{self._target()}",
        ]
        if self.defines:
            parts.append(f'/p:DefineConstants="{";".join(self.defines)}"')
        return "x86 && msbuild " + " ".join(parts)

    def _target(self) -> str:
        modes = {"build": "Build", "clean": "Clean", "rebuild": "Rebuild"}
        if self.project is None:
            return modes.get(self.mode, "Rebuild")
        verb = {"build": ":Build", "clean": ":Clean"}.get(self.mode, "")
        return f'"{self.project}{verb}"'


class MsBuild4(_MsBuild):
    """Builds with msbuild 4 (Visual Studio 2012)."""

    description = "building"
    vcenv_bat = r"${VS110COMNTOOLS}..\..\VC\vcvarsall.bat"

    def words(self) -> Any:
        """The line for ``cmd.exe``."""
        return f'"%VCENV_BAT%" {self.msbuild()}'

    def getCurrentSummary(self) -> Any:
        """What is being built."""
        return {"step": self.describe_project()}

    def getResultSummary(self) -> Any:
        """What was built."""
        return {"step": self.describe_project(done=True)}


MsBuild = MsBuild4


class MsBuild12(MsBuild4):
    """Builds with msbuild 12 (Visual Studio 2013)."""

    vcenv_bat = r"${VS120COMNTOOLS}..\..\VC\vcvarsall.bat"


class MsBuild14(MsBuild4):
    """Builds with msbuild 14 (Visual Studio 2015)."""

    vcenv_bat = r"${VS140COMNTOOLS}..\..\VC\vcvarsall.bat"


class MsBuild141(_MsBuild):
    """Builds with msbuild 15 (Visual Studio 2017), found by vswhere."""

    vcenv_bat = r"\VC\Auxiliary\Build\vcvarsall.bat"
    version_range: ClassVar[str] = "[15.0,16.0)"

    def setupEnvironment(self) -> None:
        """Adds the directories of vswhere."""
        super().setupEnvironment()
        for folder in (r"C:\Program Files (x86)", r"C:\Program Files"):
            self.add_env_path("PATH", folder + "\\Microsoft Visual Studio\\Installer\\")
        self.add_env_path("PATH", "${PATH}")

    def words(self) -> Any:
        """The line for ``cmd.exe``."""
        find = f'vswhere.exe -version "{self.version_range}" -products * -property installationPath'
        return f'FOR /F "tokens=*" %%I in (\'{find}\')  do "%%I\\%VCENV_BAT%" {self.msbuild()}'


MsBuild15 = MsBuild141


class MsBuild16(MsBuild141):
    """Builds with msbuild 16 (Visual Studio 2019)."""

    version_range = "[16.0,17.0)"


class MsBuild17(MsBuild141):
    """Builds with msbuild 17 (Visual Studio 2022)."""

    version_range = "[17.0,18.0)"
