# SPDX-License-Identifier: MIT
"""What all dialects have in common."""

from __future__ import annotations

from typing import Any


class BaseHookHandler:
    """Makes changes of requests; subclasses override ``getChanges(request)``.

    Args:
        master: the running master.
        options: the dialect's value in c["www"]["change_hook_dialects"].
    """

    def __init__(self, master: Any, options: Any) -> None:
        self.master, self.options = master, options

    def getChanges(self, request: Any) -> Any:
        """The changes of a request: (list of dicts, name of the repository's kind)."""
        raise NotImplementedError("requests of this dialect are not understood in this version")


base = BaseHookHandler
