# SPDX-License-Identifier: MIT
"""Workers in Docker containers."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._checks import check_type
from buildbot_cfg._errors import report
from buildbot_cfg.process._rendering import is_renderable
from buildbot_cfg.worker.latent import (
    AbstractLatentWorker,
    CompatibleLatentWorkerMixin,
    needs,
    random_password,
)


class DockerBaseWorker(AbstractLatentWorker):
    """What workers in containers have in common.

    Args:
        name: letters, digits, "-" and "_", at most 50.
        password: a new one each time by default.
        image: of the container; may be a renderable.
        masterFQDN: what the worker knows the master by; may be a renderable.
        master_protocol: "pb" or "msgpack_experimental_v7".
    """

    _usual_max_builds = 1

    def checkConfig(
        self,
        name: str,
        password: Any = None,
        image: Any = None,
        masterFQDN: Any = None,
        master_protocol: str = "pb",
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        kwargs.setdefault("build_wait_timeout", 0)
        super().checkConfig(name, random_password() if password is None else password, **kwargs)
        if image and not isinstance(image, str) and not is_renderable(image):
            check_type(self.label, "image", image, str, renderable=True)
        self.image, self.masterFQDN, self.master_protocol = image, masterFQDN, master_protocol


class DockerLatentWorker(CompatibleLatentWorkerMixin, DockerBaseWorker):
    """A worker in a Docker container.

    Args:
        name: letters, digits, "-" and "_", at most 50.
        password: what the worker must show.
        docker_host: address of Docker; may be a renderable.
        image: of the container; may be a renderable.
        command: what the container runs.
        volumes: texts "host:container" or "host:container:mode"; may be a renderable.
        dockerfile: text of a Dockerfile the image is built from, when there is no such image.
        version: of Docker's API.
        tls: settings of the encryption.
        followStartupLogs: log what the container writes while it starts.
        masterFQDN: what the worker knows the master by.
        hostconfig: further settings of the container; may be a renderable.
        autopull: get the image when there is none.
        alwaysPull: get it each time.
        custom_context: the Dockerfile is an archive.
        encoding: of that archive.
        buildargs: arguments of the Dockerfile.
        hostname: of the container.
    """

    def checkConfig(
        self,
        name: str,
        password: Any,
        docker_host: Any,
        image: Any = None,
        command: Any = None,
        volumes: Any = None,
        dockerfile: Any = None,
        version: str | None = None,
        tls: Any = None,
        followStartupLogs: bool = False,
        masterFQDN: Any = None,
        master_protocol: str = "pb",
        hostconfig: Any = None,
        autopull: bool = False,
        alwaysPull: bool = False,
        custom_context: bool = False,
        encoding: str = "gzip",
        buildargs: Any = None,
        hostname: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(name, password, image, masterFQDN, master_protocol, **kwargs)
        needs(self.label, "docker")
        if not image and not dockerfile:
            report('"image" or "dockerfile" is required', self.label)
        if isinstance(volumes, (list, tuple)):
            for volume in volumes:
                if isinstance(volume, str) and ":" not in volume:
                    report(
                        f'"volumes": "{volume}" must be "host:container" or "host:container:mode"',
                        self.label,
                    )
