# SPDX-License-Identifier: MIT
"""Changes from Gerrit."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from buildbot_cfg._errors import report
from buildbot_cfg.changes.base import ChangeSource
from buildbot_cfg.changes.filter import ChangeFilter
from buildbot_cfg.util import NotABranch


class GerritChangeFilter(ChangeFilter):
    """A filter for changes that come from Gerrit: branch and type of the event.

    Args:
        branch: of the change, as Gerrit says it; a string or a list.
        branch_re: a pattern or a list of them.
        branch_fn: a function (branch) that says yes.
        eventtype: "patchset-created", "ref-updated" ...; a string or a list.
        eventtype_re: a pattern or a list of them.
        eventtype_fn: a function (type) that says yes.
    """

    _call_goes_on = True

    def __init__(
        self,
        branch: Any = NotABranch,
        branch_re: Any = None,
        branch_fn: Callable[[Any], Any] | None = None,
        eventtype: Any = None,
        eventtype_re: Any = None,
        eventtype_fn: Callable[[Any], Any] | None = None,
        **kw: Any,
    ) -> None:
        equal = dict(kw.pop("property_eq", None) or {})
        pattern = dict(kw.pop("property_re", None) or {})
        if eventtype is not None:
            equal["event.type"] = eventtype
        if eventtype_re is not None:
            pattern["event.type"] = eventtype_re
        if branch is not NotABranch:
            equal["event.change.branch"] = branch
        if branch_re is not None:
            pattern["event.change.branch"] = branch_re
        super().__init__(property_eq=equal, property_re=pattern, **kw)
        self._of_event = {"event.type": eventtype_fn, "event.change.branch": branch_fn}

    def filter_change(self, change: Any) -> bool:
        """Whether the change passes."""
        for name, function in self._of_event.items():
            if function is not None and not function(change.properties.getProperty(name, "")):
                return False
        return super().filter_change(change)


class GerritChangeSourceBase(ChangeSource):
    """What sources of changes from Gerrit have in common.

    Args:
        gitBaseURL: what the addresses of repositories begin with.
        handled_events: types of events that become changes.
        debug: log the events.
        get_files: ask for the names of the changed files.
    """

    #: Types of events that become changes by default.
    HANDLED_EVENTS = ("patchset-created", "ref-updated")
    _needs_git_base = False

    def checkConfig(
        self,
        gitBaseURL: str | None = None,
        handled_events: Collection[str] = ("patchset-created", "ref-updated"),
        debug: bool = False,
        get_files: bool = False,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        if gitBaseURL is None and self._needs_git_base:
            report('argument "gitBaseURL" is missing: gitBaseURL must be specified', self.label)


class GerritChangeSource(GerritChangeSourceBase):
    """Listens to Gerrit's stream of events by ssh.

    Args:
        gerritserver: host.
        username: who to be.
        gerritport: port of its ssh server.
        identity_file: a file with the key.
        ssh_server_alive_interval_s: seconds between signs of life.
        ssh_server_alive_count_max: signs of life that may be missed.
        http_url: Gerrit's web address, to ask for events that were missed.
        http_auth: user and password for it.
        http_poll_interval: seconds between two such questions.
    """

    def checkConfig(
        self,
        gerritserver: str,
        username: str,
        gerritport: int = 29418,
        identity_file: str | None = None,
        ssh_server_alive_interval_s: int = 15,
        ssh_server_alive_count_max: int = 3,
        http_url: str | None = None,
        http_auth: Any = None,
        http_poll_interval: float = 30,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        if self.name is None:
            self.name = f"GerritChangeSource:{username}@{gerritserver}:{gerritport}"
        self.gitBaseURL = kwargs.get("gitBaseURL") or (
            f"automatic at start: ssh://{username}@{gerritserver}:{gerritport}"
        )
        self._needs_git_base = "gitBaseURL" in kwargs
        super().checkConfig(**kwargs)


class GerritEventLogPoller(GerritChangeSourceBase):
    """Asks Gerrit's events-log plugin again and again.

    Args:
        baseURL: Gerrit's web address.
        auth: user and password.
        pollInterval: seconds between two looks.
        pollAtLaunch: look at once when the master starts.
        firstFetchLookback: days that the first look goes back.
    """

    _needs_git_base = True

    def checkConfig(
        self,
        baseURL: str,
        auth: Any,
        pollInterval: float = 30,
        pollAtLaunch: bool = True,
        firstFetchLookback: int = 30,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        if self.name is None:
            self.name = f"GerritEventLogPoller:{baseURL}"
        super().checkConfig(**kwargs)
