# SPDX-License-Identifier: MIT
"""Generators of reports about workers."""

from __future__ import annotations

from typing import Any, ClassVar

from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report
from buildbot_cfg.reporters.generators.utils import ReportGenerator
from buildbot_cfg.reporters.message import MessageFormatterMissingWorker


class WorkerMissingGenerator(ReportGenerator):
    """A report when a worker stays away.

    Args:
        workers: "all", or a list of names.
        message_formatter: makes the text; ``reporters.MessageFormatterMissingWorker()`` by default.
    """

    compare_attrs: ClassVar[Any] = ("workers", "formatter")
    wanted_event_keys: ClassVar[list[tuple[Any, ...]]] = [("workers", None, "missing")]

    def __init__(self, workers: Any = "all", message_formatter: Any = None) -> None:
        self.workers = workers
        self.formatter = message_formatter
        if message_formatter is None:
            self.formatter = MessageFormatterMissingWorker()

    def check(self) -> None:
        """Reports what is wrong with the arguments."""
        if self.workers != "all" and not isinstance(self.workers, (list, tuple, set)):
            what = f'"workers" must be "all" or a list of worker names, not {shown(self.workers)}'
            report(what, "WorkerMissingGenerator")

    def generate_name(self) -> str:
        """A name that tells what it is about."""
        return "WorkerMissingGenerator_workers_" + "+".join(str(name) for name in self.workers)
