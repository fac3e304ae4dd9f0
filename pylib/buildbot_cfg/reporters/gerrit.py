# SPDX-License-Identifier: MIT
"""Reviews at Gerrit, by ssh."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.reporters.base import ReporterBase
from buildbot_cfg.reporters.generators.buildset import BuildSetCombinedStatusGenerator
from buildbot_cfg.reporters.message import MessageFormatter


class GerritStatusPush(ReporterBase):
    """Reviews changes at Gerrit.

    Args:
        server: host.
        username: who to be.
        port: of its ssh server.
        identity_file: a file with the key.
        notify: whom Gerrit shall tell: "NONE", "OWNER", "OWNER_REVIEWERS" or "ALL".
        generators: what to report; the end of buildsets by default.
    """

    name = "GerritStatusPush"

    def checkConfig(
        self,
        server: str,
        username: str,
        port: int = 29418,
        identity_file: str | None = None,
        notify: str | None = None,
        generators: list[Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(generators=generators, **kwargs)

    def _create_default_generators(self) -> list[Any]:
        return [BuildSetCombinedStatusGenerator(MessageFormatter())]
