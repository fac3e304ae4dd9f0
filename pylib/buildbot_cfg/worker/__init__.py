# SPDX-License-Identifier: MIT
"""The workers' configuration."""

from buildbot_cfg.worker.base import AbstractWorker, Worker
from buildbot_cfg.worker.latent import AbstractLatentWorker

__all__ = ["AbstractLatentWorker", "AbstractWorker", "Worker"]
