# SPDX-License-Identifier: MIT
"""How to reach Kubernetes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report
from buildbot_cfg.util.service import BuildbotService


class KubeConfigLoaderBase(BuildbotService):
    """How to reach Kubernetes; an argument of ``worker.KubeLatentWorker``."""

    name = "KubeConfig"

    def __str__(self) -> str:
        return repr(self)


class KubeHardcodedConfig(KubeConfigLoaderBase):
    """An address, and how to log in there.

    Args:
        master_url: the address.
        bearerToken: one way to log in; may be a secret.
        basicAuth: a dict of user and password, another one.
        headers: of all requests.
        cert: a file with a certificate.
        verify: whether to check certificates, or a file with them.
        namespace: of the pods.
    """

    def checkConfig(
        self,
        master_url: str | None = None,
        bearerToken: Any = None,
        basicAuth: Any = None,
        headers: dict[str, Any] | None = None,
        cert: Any = None,
        verify: Any = None,
        namespace: str = "default",
    ) -> Any:
        """Reports what is wrong with the arguments."""
        if basicAuth is not None and bearerToken is not None:
            report('"basicAuth" and "bearerToken" exclude each other', self.label)


class KubeCtlProxyConfigLoader(KubeConfigLoaderBase):
    """By a ``kubectl proxy`` that it starts.

    Args:
        proxy_port: where the proxy listens.
        namespace: of the pods.
    """

    def checkConfig(self, proxy_port: int = 8001, namespace: str = "default") -> Any:
        """Reports what is wrong with the arguments."""


class KubeInClusterConfigLoader(KubeConfigLoaderBase):
    """From inside of Kubernetes, with the pod's own account."""

    kube_dir = "/var/run/secrets/kubernetes.io/serviceaccount/"

    def checkConfig(self) -> Any:
        """Reports when this is not inside of Kubernetes."""
        if not Path(self.kube_dir).is_dir():
            what = f"not in a Kubernetes cluster: the folder {shown(self.kube_dir)} does not exist"
            report(what, self.label)
