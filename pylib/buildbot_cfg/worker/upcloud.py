# SPDX-License-Identifier: MIT
"""Workers at UpCloud."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._errors import report
from buildbot_cfg.worker.latent import AbstractLatentWorker, random_password


class UpcloudLatentWorker(AbstractLatentWorker):
    """A worker that is a server at UpCloud.

    Args:
        name: letters, digits, "-" and "_", at most 50.
        password: a new one each time by default.
        api_username: who to be.
        api_password: may be a secret.
        image: of the server; may be a renderable.
        hostconfig: further settings.
        base_url: of the API.
        masterFQDN: what the worker knows the master by.
    """

    def checkConfig(
        self,
        name: str,
        password: Any = None,
        api_username: Any = None,
        api_password: Any = None,
        image: Any = None,
        hostconfig: Any = None,
        base_url: str = "https://api.upcloud.com/1.3",
        masterFQDN: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(name, random_password() if password is None else password, **kwargs)
        if image is None or api_username is None or api_password is None:
            report('"image", "api_username" and "api_password" are required', self.label)
