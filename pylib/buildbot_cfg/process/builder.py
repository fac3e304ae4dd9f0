# SPDX-License-Identifier: MIT
"""Builders of running builds, and a stock function for ``canStartBuild``."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.process._sourcestamp import BuilderOfBuild as Builder

__all__ = ["Builder", "enforceChosenWorker"]


def enforceChosenWorker(bldr: Any, workerforbuilder: Any, breq: Any) -> bool:
    """Only on the worker that the property "workername" of the request names, if it has one."""
    if "workername" in breq.properties:
        chosen = breq.properties["workername"]
        if isinstance(chosen, str):
            return bool(chosen == workerforbuilder.worker.workername)
    return True
