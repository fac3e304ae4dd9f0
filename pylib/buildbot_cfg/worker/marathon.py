# SPDX-License-Identifier: MIT
"""Workers in containers of Marathon."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.worker.docker import DockerBaseWorker
from buildbot_cfg.worker.latent import CompatibleLatentWorkerMixin


class MarathonLatentWorker(CompatibleLatentWorkerMixin, DockerBaseWorker):
    """A worker in a container of Marathon.

    Args:
        name: letters, digits, "-" and "_", at most 50.
        marathon_url: address of Marathon.
        image: of the container; may be a renderable.
        marathon_auth: user and password.
        marathon_extra_config: further settings of the application; may be a renderable.
        marathon_app_prefix: what names of applications begin with.
        masterFQDN: what the worker knows the master by.
    """

    instance = None
    _call_fills_in = ("password",)

    def checkConfig(
        self,
        name: str,
        marathon_url: str,
        image: Any,
        marathon_auth: Any = None,
        marathon_extra_config: Any = None,
        marathon_app_prefix: str = "buildbot-worker/",
        masterFQDN: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(name, image=image, masterFQDN=masterFQDN, **kwargs)
