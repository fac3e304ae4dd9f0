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

    @property
    def builder_name(self) -> str:
        """The builder's name."""
        name: str = self.builder.name
        return name

    def isBusy(self) -> bool:
        """Whether a build of the builder runs on the worker."""
        busy: bool = self.builder.master.mirror.is_busy(self.builder.name, self.worker.workername)
        return busy

    def isAvailable(self) -> bool:
        """Whether the worker could take a build of the builder now, as far as one can see."""
        return not self.isBusy() and bool(self.worker.canStartBuild())

    def __repr__(self) -> str:
        worker = self.worker and self.worker.workername
        return f"<{type(self).__name__} builder={self.builder.name!r} worker={worker!r}>"


class WorkerForBuilder(AbstractWorkerForBuilder):
    """The same of a worker that connects by itself.

    Args:
        builder: the builder.
        worker: the worker.
    """

    def __init__(self, builder: Any, worker: Any = None) -> None:
        super().__init__(builder)
        self.worker = worker


class LatentWorkerForBuilder(AbstractWorkerForBuilder):
    """The same of a worker that is started.

    Args:
        worker: the worker.
        builder: the builder.
    """

    def __init__(self, worker: Any, builder: Any) -> None:
        super().__init__(builder)
        self.worker = worker
