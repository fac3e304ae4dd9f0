# SPDX-License-Identifier: MIT
"""Cancels the rest of a buildset when one of its builds has failed."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report
from buildbot_cfg.schedulers.canceller import check_builders
from buildbot_cfg.util.service import BuildbotService
from buildbot_cfg.util.ssfilter import SourceStampFilter


class FailingBuildsetCanceller(BuildbotService):
    """Cancels the other builds of a buildset when one has failed.

    Args:
        name: unique among services.
        filters: a list of triples: builders to watch, builders to cancel (None: all), and a
            SourceStampFilter.
    """

    compare_attrs = ("filters",)

    def checkConfig(self, name: str, filters: list[tuple[Any, Any, SourceStampFilter]]) -> Any:
        """Reports what is wrong with the arguments."""
        self.name = name
        if not isinstance(filters, list):
            what = '"filters" must be a list of tuples (builders, builders to cancel, filter)'
            report(f"{what}, not {shown(filters)}", self.label)
            return
        for item in filters:
            if (
                not isinstance(item, tuple)
                or len(item) != 3
                or not isinstance(item[2], SourceStampFilter)
            ):
                what = (
                    '"filters" must be a list of tuples (builders to track, builders to cancel, '
                    f"SourceStampFilter); one of them is {shown(item)}"
                )
                report(what, self.label)
                continue
            check_builders(self.label, "builders", item[0])
            if item[1] is not None:
                check_builders(self.label, "builders_to_cancel", item[1])
