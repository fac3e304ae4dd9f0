# SPDX-License-Identifier: MIT
"""Lists of steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._declared import Declared
from buildbot_cfg._errors import report


def _default_build_class() -> Any:
    from buildbot_cfg.process.build import Build

    return Build


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

    #: Class of the build object; None: the stock one.
    buildClass: Any = None
    #: Directory of the steps, below the builder's directory on the worker.
    workdir: Any = "build"
    useProgress = True

    def __init__(self, steps: Iterable[Any] | None = None) -> None:
        self.steps: list[Any] = []
        self.addSteps(steps or [])

    def addStep(self, step: Any) -> None:
        """Adds one step (an instance: it is made anew for each build)."""
        from buildbot_cfg.process.buildstep import BuildStep

        if isinstance(step, type) and issubclass(step, BuildStep):
            what = (
                f"addStep takes a step, not the class {step.__name__}: write {step.__name__}(...)"
            )
            report(what, "build factory")
        elif not isinstance(step, BuildStep):
            report(f"addStep takes a step, not {shown(step)}", "build factory")
        else:
            self.steps.append(step)

    def addSteps(self, steps: Iterable[Any], withSecrets: Any = None) -> None:
        """Adds several steps."""
        if withSecrets:
            report("withSecrets is not supported in this version", "build factory")
        if isinstance(steps, (str, dict)) or not hasattr(steps, "__iter__"):
            report(f"steps must be a list of steps, not {shown(steps)}", "build factory")
            return
        for step in steps:
            self.addStep(step)

    def build_class(self) -> Any:
        """The class of its builds."""
        return self.buildClass or _default_build_class()

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, BuildFactory)
            and type(self) is type(other)
            and self.steps == other.steps
            and self.workdir == other.workdir
            and self.buildClass == other.buildClass
        )

    __hash__ = object.__hash__
