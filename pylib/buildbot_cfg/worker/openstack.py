# SPDX-License-Identifier: MIT
"""Workers at OpenStack."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._errors import report
from buildbot_cfg.worker.latent import AbstractLatentWorker, CompatibleLatentWorkerMixin, needs


class OpenStackLatentWorker(CompatibleLatentWorkerMixin, AbstractLatentWorker):
    """A worker that is an instance at OpenStack.

    Args:
        name: letters, digits, "-" and "_", at most 50.
        password: what the worker must show.
        flavor: of the instance; may be a renderable.
        os_username: who to be; or os_auth_args say it.
        os_password: may be a secret.
        os_tenant_name: the project.
        os_auth_url: where to log in.
        os_user_domain: of the user.
        os_project_domain: of the project.
        os_auth_args: arguments of keystone's log-in.
        block_devices: disks; may be a renderable.
        region: of the instance.
        image: of the instance; may be a renderable.
        meta: of the instance.
        nova_args: further arguments.
        client_version: of the API.
    """

    def checkConfig(
        self,
        name: str,
        password: Any,
        flavor: Any,
        os_username: Any = None,
        os_password: Any = None,
        os_tenant_name: str | None = None,
        os_auth_url: str | None = None,
        os_user_domain: str | None = None,
        os_project_domain: str | None = None,
        os_auth_args: dict[str, Any] | None = None,
        block_devices: Any = None,
        region: str | None = None,
        image: Any = None,
        meta: Any = None,
        nova_args: dict[str, Any] | None = None,
        client_version: str = "2",
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(name, password, **kwargs)
        needs(self.label, "novaclient", "python-novaclient")
        if os_auth_args is None and None in (os_username, os_password, os_tenant_name, os_auth_url):
            what = '"os_auth_args", or all of "os_username", "os_password", "os_tenant_name" and'
            report(f'{what} "os_auth_url" are required', self.label)
        if block_devices is None and image is None:
            report('"image" or "block_devices" is required', self.label)
        self.flavor, self.image = flavor, image
