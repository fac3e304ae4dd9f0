# SPDX-License-Identifier: MIT
"""Workers in virtual machines of libvirt."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._declared import Declared
from buildbot_cfg.worker.latent import AbstractLatentWorker, needs


class Connection(metaclass=Declared):
    """A connection to libvirt; old configurations make one for their workers.

    Args:
        uri: of libvirt.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri


class LibVirtWorker(AbstractLatentWorker):
    """A worker in a virtual machine of libvirt.

    Args:
        name: letters, digits, "-" and "_", at most 50; also the name of the machine.
        password: what the worker must show.
        hd_image: its disk.
        base_image: a disk that hd_image is made from each time.
        uri: of libvirt.
        xml: description of the machine, when libvirt does not have one.
        masterFQDN: what the worker knows the master by.
    """

    def checkConfig(
        self,
        name: str,
        password: Any,
        hd_image: str | None = None,
        base_image: str | None = None,
        uri: str = "system:///",
        xml: str | None = None,
        masterFQDN: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(name, password, **kwargs)
        needs(self.label, "libvirt", "libvirt-python")
        self.image, self.base_image, self.xml = hd_image, base_image, xml
        self.uri, self.masterFQDN = uri, masterFQDN
