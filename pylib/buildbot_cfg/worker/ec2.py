# SPDX-License-Identifier: MIT
"""Workers at Amazon EC2."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._errors import report
from buildbot_cfg.worker.latent import AbstractLatentWorker, needs

PENDING = "pending"
RUNNING = "running"
SHUTTINGDOWN = "shutting-down"
TERMINATED = "terminated"


class EC2LatentWorker(AbstractLatentWorker):
    """A worker that is an instance at Amazon EC2.

    Args:
        name: letters, digits, "-" and "_", at most 50.
        password: what the worker must show.
        instance_type: such as "m5.large".
        ami: the image; or valid_ami_owners and valid_ami_location_regex choose one.
        valid_ami_owners: accounts whose images are taken.
        valid_ami_location_regex: pattern of the images' locations.
        elastic_ip: an address of one's own.
        identifier: access key; with secret_identifier.
        secret_identifier: secret key.
        aws_id_file_path: a file with both.
        user_data: for the instance.
        region: such as "eu-central-1".
        keypair_name: of the ssh key.
        security_name: security group, outside of a VPC.
        spot_instance: ask for a spot instance.
        max_spot_price: dollars an hour.
        volumes: pairs of volume and device.
        placement: availability zone.
        price_multiplier: of the price of spot instances.
        tags: of the instance.
        product_description: of spot instances.
        subnet_id: of the VPC.
        security_group_ids: in a VPC.
        instance_profile_name: role of the instance.
        block_device_map: disks.
        session: a boto3 session.
    """

    def checkConfig(
        self,
        name: str,
        password: Any,
        instance_type: str,
        ami: str | None = None,
        valid_ami_owners: Any = None,
        valid_ami_location_regex: str | None = None,
        elastic_ip: str | None = None,
        identifier: Any = None,
        secret_identifier: Any = None,
        aws_id_file_path: str | None = None,
        user_data: str | None = None,
        region: str | None = None,
        keypair_name: str | None = None,
        security_name: str | None = None,
        spot_instance: bool = False,
        max_spot_price: float = 1.6,
        volumes: Any = None,
        placement: str | None = None,
        price_multiplier: float = 1.2,
        tags: dict[str, str] | None = None,
        product_description: str = "Linux/UNIX",
        subnet_id: str | None = None,
        security_group_ids: list[str] | None = None,
        instance_profile_name: str | None = None,
        block_device_map: Any = None,
        session: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(name, password, **kwargs)
        needs(self.label, "boto3")
        if ami is None and valid_ami_owners is None and valid_ami_location_regex is None:
            report(
                '"ami", "valid_ami_owners" or "valid_ami_location_regex" is required', self.label
            )
        elif ami is not None and (valid_ami_owners or valid_ami_location_regex):
            what = '"ami" excludes "valid_ami_owners" and "valid_ami_location_regex"'
            report(what, self.label)
        if (identifier is None) != (secret_identifier is None):
            report('"identifier" and "secret_identifier" go together', self.label)
        if security_name and subnet_id:
            report('"security_name" and "subnet_id" exclude each other', self.label)
        self.instance_type, self.ami = instance_type, ami
