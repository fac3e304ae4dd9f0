# SPDX-License-Identifier: MIT
"""Schedulers that build when changes come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buildbot_cfg._checks import check_attributes, check_callable
from buildbot_cfg._errors import report
from buildbot_cfg.changes.filter import ChangeFilter
from buildbot_cfg.schedulers.base import ReconfigurableBaseScheduler, checked_reason
from buildbot_cfg.util import NotABranch

_REASON = "The %(classname)s scheduler named '%(name)s' triggered this build"
_KINDS: dict[str, tuple[type, ...]] = {
    "treeStableTimer": (int, float, type(None)),
    "onlyImportant": (bool,),
    "createAbsoluteSourceStamps": (bool,),
}
_REASON_KEYS = ("classname", "name")


class BaseBasicScheduler(ReconfigurableBaseScheduler):
    """What schedulers that look at changes have in common; see :class:`SingleBranchScheduler`."""

    _needs_branch = True

    def __init__(
        self,
        name: str,
        *,
        builderNames: Any,
        treeStableTimer: float | None = None,
        branch: Any = NotABranch,
        fileIsImportant: Callable[[Any], Any] | None = None,
        categories: list[str] | None = None,
        reason: str = _REASON,
        change_filter: ChangeFilter | None = None,
        onlyImportant: bool = False,
        properties: dict[str, Any] | None = None,
        codebases: Any = None,
        priority: int | Callable[..., int] | None = None,
        createAbsoluteSourceStamps: bool = False,
    ) -> None:
        super().__init__(name, builderNames, properties, codebases, priority)
        self.treeStableTimer, self.fileIsImportant = treeStableTimer, fileIsImportant
        self.onlyImportant = onlyImportant
        self.createAbsoluteSourceStamps = createAbsoluteSourceStamps
        check_attributes(self, _KINDS)
        if isinstance(treeStableTimer, (int, float)) and treeStableTimer < 0:
            report(f'"treeStableTimer" must not be negative, not {treeStableTimer}', self.label)
        if fileIsImportant is not None:
            check_callable(self.label, "fileIsImportant", fileIsImportant)
        self.branch, self.categories = branch, categories
        self.change_filter = self._checked_filter(branch, change_filter, categories)
        self.reason = checked_reason(self, reason, _REASON_KEYS)

    def _checked_filter(
        self, branch: Any, change_filter: Any, categories: Any
    ) -> ChangeFilter | None:
        if change_filter is not None and branch is not NotABranch:
            name = "branch" if self._needs_branch else "branches"
            report(f'"{name}" and "change_filter" exclude each other', self.label)
        if change_filter is not None and categories is not None:
            report('"categories" and "change_filter" exclude each other', self.label)
        if change_filter is not None:
            if isinstance(change_filter, ChangeFilter):
                return change_filter
            report(f'"change_filter" must be a ChangeFilter, not {change_filter!r}', self.label)
            return ChangeFilter()
        if branch is NotABranch and self._needs_branch:
            report('"branch" or "change_filter" is required', self.label)
            return ChangeFilter()
        if branch is NotABranch and not categories:
            return None
        return ChangeFilter(branch=branch, category=categories or None)


class SingleBranchScheduler(BaseBasicScheduler):
    """Builds when changes of one branch come.

    Args:
        name: unique among schedulers.
        builderNames: the builders that build each change.
        treeStableTimer: seconds without a further change to wait for; None: build at once.
        branch: the branch; instead of ``change_filter``.
        change_filter: which changes count.
        fileIsImportant: a function (change); unimportant changes do not start a build.
        onlyImportant: leave unimportant changes out of builds.
        reason: text with ``%(classname)s`` and ``%(name)s``.

    Example:
        >>> scheduler = SingleBranchScheduler(name="ci", branch="main", builderNames=["runtests"])
        >>> scheduler.reason
        "The SingleBranchScheduler scheduler named 'ci' triggered this build"
    """


class AnyBranchScheduler(BaseBasicScheduler):
    """Builds when changes of any branch come, those of each branch by themselves.

    Args:
        name: unique among schedulers.
        builderNames: the builders that build each change.
        treeStableTimer: seconds without a further change of the same branch, repository, project
            and codebase to wait for; None: build at once.
        branches: a list of branches; None in it is the default branch. Not given: all of them.
        change_filter: which changes count.
        fileIsImportant: a function (change); unimportant changes do not start a build.
        onlyImportant: leave unimportant changes out of builds.
        reason: text with ``%(classname)s`` and ``%(name)s``.

    Example:
        >>> AnyBranchScheduler(name="all", builderNames=["runtests"], branches=["a", "b"]).name
        'all'
    """

    _needs_branch = False

    def __init__(
        self,
        name: str,
        *,
        builderNames: Any,
        treeStableTimer: float | None = None,
        branches: Any = NotABranch,
        fileIsImportant: Callable[[Any], Any] | None = None,
        categories: list[str] | None = None,
        reason: str = _REASON,
        change_filter: ChangeFilter | None = None,
        onlyImportant: bool = False,
        properties: dict[str, Any] | None = None,
        codebases: Any = None,
        priority: int | Callable[..., int] | None = None,
    ) -> None:
        super().__init__(
            name,
            builderNames=builderNames,
            treeStableTimer=treeStableTimer,
            branch=branches,
            fileIsImportant=fileIsImportant,
            categories=categories,
            reason=reason,
            change_filter=change_filter,
            onlyImportant=onlyImportant,
            properties=properties,
            codebases=codebases,
            priority=priority,
        )
        self.branches = branches


class Scheduler(SingleBranchScheduler):
    """The old name of :class:`SingleBranchScheduler`."""


def __getattr__(name: str) -> Any:
    # Old configurations import it from here; it needs this module.
    if name == "Dependent":
        from buildbot_cfg.schedulers.dependent import Dependent

        return Dependent
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
