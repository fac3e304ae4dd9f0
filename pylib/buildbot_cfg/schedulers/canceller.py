# SPDX-License-Identifier: MIT
"""Cancels builds that a newer change has made needless."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buildbot_cfg._checks import check_callable, shown
from buildbot_cfg._errors import report
from buildbot_cfg.util.service import BuildbotService
from buildbot_cfg.util.ssfilter import SourceStampFilter, extract_filter_values


def check_builders(label: str, key: str, value: Any) -> None:
    """Reports what is neither a builder's name nor a list of them."""
    try:
        extract_filter_values(value, key)
    except ValueError as error:
        report(f"{error}, not {shown(value)}", label)


class OldBuildCanceller(BuildbotService):
    """Cancels builds when a newer change of the same branch comes.

    Args:
        name: unique among services.
        filters: a list of pairs: builders (a name or a list of names), and a SourceStampFilter.
        branch_key: a function (source stamp) that gives what counts as the same branch.
    """

    compare_attrs = ("filters",)

    def checkConfig(
        self,
        name: str,
        filters: list[tuple[Any, SourceStampFilter]],
        branch_key: Callable[[dict[str, Any]], str] | None = None,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        self.name = name
        check_callable(self.label, "branch_key", branch_key)
        if not isinstance(filters, list):
            what = f'"filters" must be a list of tuples (builders, filter), not {shown(filters)}'
            report(what, self.label)
            return
        for item in filters:
            if (
                not isinstance(item, tuple)
                or len(item) != 2
                or not isinstance(item[1], SourceStampFilter)
            ):
                what = (
                    '"filters" must be a list of tuples (builders, SourceStampFilter); '
                    f"one of them is {shown(item)}"
                )
                report(what, self.label)
            else:
                check_builders(self.label, "builders", item[0])
