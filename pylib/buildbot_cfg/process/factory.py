# SPDX-License-Identifier: MIT
"""Lists of steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from buildbot_cfg._bridge import StepBase
from buildbot_cfg._checks import shown
from buildbot_cfg._declared import Declared
from buildbot_cfg._errors import report


class _StockBuild:
    """The stock class; imported when it is asked for, because builds need factories."""

    _found: Any = None

    def __get__(self, factory: object, owner: type) -> Any:
        if self._found is None:
            from buildbot_cfg.process.build import Build

            self._found = Build
        return self._found


class BuildFactory(metaclass=Declared):
    """The steps of a builder, in order.

    Args:
        steps: the first ones.

    Example:
        >>> from buildbot_cfg.steps.shell import Compile
        >>> factory = BuildFactory([Compile(command=["make", "all"])])
        >>> factory.addStep(Compile(name="docs", command=["make", "docs"]))
        >>> len(factory.steps)
        2
    """

    #: Class of the build object.
    buildClass: Any = _StockBuild()
    #: Directory of the steps, below the builder's directory on the worker.
    workdir: Any = "build"
    useProgress = True

    def __init__(self, steps: Iterable[Any] | None = None) -> None:
        self.steps: list[Any] = []
        if steps:
            self.addSteps(steps)

    def addStep(self, step: Any) -> None:
        """Adds one step (an instance: it is made anew for each build)."""
        if isinstance(step, StepBase):
            self.steps.append(step)
            return
        from buildbot_cfg.process.buildstep import BuildStep

        if isinstance(step, type) and issubclass(step, BuildStep):
            what = (
                f"addStep takes a step, not the class {step.__name__}: write {step.__name__}(...)"
            )
            report(what, "build factory")
        else:
            report(f"addStep takes a step, not {shown(step)}", "build factory")

    def addSteps(self, steps: Iterable[Any], withSecrets: Any = None) -> None:
        """Adds several steps.

        Args:
            steps: the steps.
            withSecrets: pairs of a file on the worker and a secret, as for ``withSecrets()``.
        """
        if withSecrets:
            with self.withSecrets(withSecrets):
                self.addSteps(steps)
            return
        if isinstance(steps, (str, dict)) or not hasattr(steps, "__iter__"):
            report(f"steps must be a list of steps, not {shown(steps)}", "build factory")
            return
        for step in steps:
            self.addStep(step)

    @contextmanager
    def withSecrets(self, secrets: Any) -> Iterator[BuildFactory]:
        """Steps that are added meanwhile find secrets in files of the worker.

        Args:
            secrets: pairs of a file on the worker and a secret, or what is rendered to a text.

        Example:
            >>> from buildbot_cfg.steps.shell import ShellCommand
            >>> from buildbot_cfg.process.properties import Secret
            >>> factory = BuildFactory()
            >>> with factory.withSecrets([("/tmp/key", Secret("deploy-key"))]):
            ...     factory.addStep(ShellCommand(command="deploy --key /tmp/key"))
            >>> len(factory.steps)
            3
        """
        from buildbot_cfg.steps.download_secret_to_worker import (
            DownloadSecretsToWorker,
            RemoveWorkerFileSecret,
        )

        pairs = _secret_files(secrets)
        self.addStep(DownloadSecretsToWorker(pairs))
        yield self
        self.addStep(RemoveWorkerFileSecret([path for path, _ in pairs]))

    def build_class(self) -> Any:
        """The class of its builds."""
        return self.buildClass or BuildFactory.buildClass

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, BuildFactory)
            and type(self) is type(other)
            and self.steps == other.steps
            and self.workdir == other.workdir
            and self.buildClass == other.buildClass
        )

    __hash__ = object.__hash__


def _secret_files(given: Any) -> list[tuple[Any, Any]]:
    pairs: list[tuple[Any, Any]] = []
    if not isinstance(given, (list, tuple)):
        report(f"withSecrets takes a list of pairs, not {shown(given)}", "build factory")
        return pairs
    for item in given:
        if not isinstance(item, (list, tuple)) or len(item) != 2:
            what = f"withSecrets takes pairs of a path and a secret, not {shown(item)}"
            report(what, "build factory")
        else:
            pairs.append((item[0], item[1]))
    return pairs


_STOCK = frozenset(
    "BasicBuildFactory BasicSVN CPAN Distutils GNUAutoconf QuickBuildFactory Trial".split()
)


def __getattr__(name: str) -> Any:
    # They need steps, which need this module.
    if name in _STOCK:
        from buildbot_cfg.process import _stock_factories

        return getattr(_stock_factories, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
