# SPDX-License-Identifier: MIT
"""Workers as callbacks of builders see them."""

from __future__ import annotations

from typing import Any


class AbstractWorkerForBuilder:
    """A worker together with one builder.

    Args:
        builder: the builder.
    """

    worker: Any = None

    def __init__(self, builder: Any) -> None:
        self.builder = builder


class WorkerForBuilder(AbstractWorkerForBuilder):
    """The same of a worker that connects by itself."""


class LatentWorkerForBuilder(AbstractWorkerForBuilder):
    """The same of a worker that is started.

    Args:
        worker: the worker.
        builder: the builder.
    """

    def __init__(self, worker: Any, builder: Any) -> None:
        super().__init__(builder)
        self.worker = worker
