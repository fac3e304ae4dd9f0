# SPDX-License-Identifier: MIT
"""Workers in pods of Kubernetes."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.worker.docker import DockerBaseWorker
from buildbot_cfg.worker.latent import CompatibleLatentWorkerMixin


class KubeLatentWorker(CompatibleLatentWorkerMixin, DockerBaseWorker):
    """A worker in a pod of Kubernetes.

    Args:
        name: letters, digits, "-" and "_", at most 50.
        image: of the container; may be a renderable.
        namespace: of the pod; that of kube_config by default.
        masterFQDN: what the worker knows the master by; may be a renderable.
        kube_config: how to reach Kubernetes, such as ``util.KubeInClusterConfigLoader()``.
    """

    instance = None
    _call_fills_in = ("password",)

    def checkConfig(
        self,
        name: str,
        image: Any = "buildbot/buildbot-worker",
        namespace: str | None = None,
        masterFQDN: Any = None,
        master_protocol: str = "pb",
        kube_config: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(name, None, image, masterFQDN, master_protocol, **kwargs)
        self.namespace, self.kube_config = namespace, kube_config
