# SPDX-License-Identifier: MIT
"""The workers' configuration."""

from buildbot_cfg.worker.base import AbstractWorker, Worker

__all__ = ["AbstractWorker", "Worker"]
