# SPDX-License-Identifier: MIT
"""Factories with the usual steps of some kinds of projects."""

from __future__ import annotations

import importlib
from typing import Any

from buildbot_cfg.process.factory import BuildFactory
from buildbot_cfg.steps.shell import Compile, Configure, ShellCommand, Test


def _step(module: str, name: str) -> Any:
    """A class of steps; imported when a factory needs it, because steps import factories."""
    return getattr(importlib.import_module(f"buildbot_cfg.steps.{module}"), name)


class _DefaultCommand:
    """Stands for "not given", because None leaves a step out."""


class GNUAutoconf(BuildFactory):
    """configure, make all, make check, make distcheck.

    Args:
        source: the step that gets the sources.
        configure: its command, a string or a list; None: no such step.
        configureEnv: its environment.
        configureFlags: its arguments.
        reconf: True, or a command: begin with autoreconf.
        compile: command; None: no such step.
        test: command; None: no such step.
        distcheck: command; None: no such step.
    """

    def __init__(
        self,
        source: Any,
        configure: Any = "./configure",
        configureEnv: dict[str, Any] | None = None,
        configureFlags: list[str] | None = None,
        reconf: Any = None,
        compile: Any = _DefaultCommand,
        test: Any = _DefaultCommand,
        distcheck: Any = _DefaultCommand,
    ) -> None:
        super().__init__([source])
        env = configureEnv or {}
        if reconf is True:
            reconf = ["autoreconf", "-si"]
        if reconf is not None:
            self.addStep(ShellCommand(name="autoreconf", command=reconf, env=env))
        if configure is not None:
            self.addStep(Configure(command=_with_flags(configure, configureFlags or []), env=env))
        for given, step, target in (
            (compile, Compile, "all"), (test, Test, "check"), (distcheck, Test, "distcheck"),
        ):  # fmt: skip
            command = ["make", target] if given is _DefaultCommand else given
            if command is not None:
                self.addStep(step(command=command, env=env))


def _with_flags(command: Any, flags: list[str]) -> Any:
    if not flags:
        return command
    return [*(command.split() if isinstance(command, str) else command), *flags]


class CPAN(BuildFactory):
    """perl Makefile.PL, make, make test.

    Args:
        source: the step that gets the sources.
        perl: the program.
    """

    def __init__(self, source: Any, perl: str = "perl") -> None:
        super().__init__([source])
        self.addStep(Configure(command=[perl, "Makefile.PL"]))
        self.addStep(Compile(command=["make"]))
        self.addStep(_step("shell", "PerlModuleTest")(command=["make", "test"]))


def Distutils(source: Any, python: str = "python", test: Any = None) -> BuildFactory:
    """setup.py build, and a test.

    Args:
        source: the step that gets the sources.
        python: the program.
        test: command; None: no such step.
    """
    factory = BuildFactory([source])
    factory.addStep(Compile(command=[python, "./setup.py", "build"]))
    if test is not None:
        factory.addStep(Test(command=test))
    return factory


class Trial(BuildFactory):
    """setup.py build, and Twisted's trial.

    Args:
        source: the step that gets the sources.
        buildpython: command of Python for the build.
        trialpython: command of Python for trial.
        trial: the program.
        testpath: Python's path for the tests.
        randomly: in any order.
        recurse: in subfolders too.
        tests: names of modules.
        useTestCaseNames: only the tests of what was changed.
        env: environment of both.
    """

    def __init__(
        self,
        source: Any,
        buildpython: list[str] | None = None,
        trialpython: list[str] | None = None,
        trial: str | None = None,
        testpath: str = ".",
        randomly: bool | None = None,
        recurse: bool | None = None,
        tests: Any = None,
        useTestCaseNames: bool = False,
        env: dict[str, Any] | None = None,
    ) -> None:
        super().__init__([source])
        python = ["python"] if buildpython is None else buildpython
        self.addStep(Compile(command=[*python, "./setup.py", "build"], env=env))
        self.addStep(
            _step("python_twisted", "Trial")(
                python=[] if trialpython is None else trialpython,
                trial="trial" if trial is None else trial,
                testpath=testpath,
                tests=tests,
                testChanges=useTestCaseNames or not tests,
                randomly=bool(randomly),
                recurse=bool(recurse),
                env=env,
            )
        )


class BasicBuildFactory(GNUAutoconf):
    """GNUAutoconf with sources from CVS.

    Args:
        cvsroot: the repository.
        cvsmodule: the module.
        configure: command; None: no such step.
        configureEnv: its environment.
        compile: command.
        test: command.
        cvsCopy: keep a copy instead of getting everything anew.
    """

    def __init__(
        self,
        cvsroot: str,
        cvsmodule: str,
        configure: Any = None,
        configureEnv: dict[str, Any] | None = None,
        compile: Any = "make all",
        test: Any = "make check",
        cvsCopy: bool = False,
    ) -> None:
        method = "copy" if cvsCopy else "clobber"
        source = _step("source.cvs", "CVS")(
            cvsroot=cvsroot, cvsmodule=cvsmodule, mode="full", method=method
        )
        super().__init__(
            source, configure=configure, configureEnv=configureEnv, compile=compile, test=test
        )


class QuickBuildFactory(GNUAutoconf):
    """The same, only what has changed is built; the arguments are those of BasicBuildFactory."""

    useProgress = False

    def __init__(
        self,
        cvsroot: str,
        cvsmodule: str,
        configure: Any = None,
        configureEnv: dict[str, Any] | None = None,
        compile: Any = "make all",
        test: Any = "make check",
        cvsCopy: bool = False,
    ) -> None:
        source = _step("source.cvs", "CVS")(
            cvsroot=cvsroot, cvsmodule=cvsmodule, mode="incremental"
        )
        super().__init__(
            source, configure=configure, configureEnv=configureEnv, compile=compile, test=test
        )


class BasicSVN(GNUAutoconf):
    """GNUAutoconf with sources from Subversion.

    Args:
        svnurl: the repository.
        configure: command; None: no such step.
        configureEnv: its environment.
        compile: command.
        test: command.
    """

    def __init__(
        self,
        svnurl: str,
        configure: Any = None,
        configureEnv: dict[str, Any] | None = None,
        compile: Any = "make all",
        test: Any = "make check",
    ) -> None:
        source = _step("source.svn", "SVN")(repourl=svnurl, mode="incremental")
        super().__init__(
            source, configure=configure, configureEnv=configureEnv, compile=compile, test=test
        )
