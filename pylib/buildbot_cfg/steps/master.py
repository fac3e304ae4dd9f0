# SPDX-License-Identifier: MIT
"""Steps that do their work in the master."""

from __future__ import annotations

from typing import Any, ClassVar

from buildbot_cfg.process.buildstep import BuildStep
from buildbot_cfg.process.results import SUCCESS


class SetProperty(BuildStep):
    """Sets a property of the build.

    Args:
        property: its name.
        value: its value; may be a renderable.

    Example:
        >>> SetProperty(property="channel", value="stable")
        SetProperty(property='channel', value='stable')
    """

    name = "SetProperty"
    description = ["Setting"]
    descriptionDone = ["Set"]
    renderables: ClassVar[list[str]] = ["property", "value"]

    def __init__(self, property: Any, value: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.property, self.value = property, value

    async def run(self) -> int:
        """Sets it."""
        self.setProperty(self.property, self.value, self.name, runtime=True)
        return SUCCESS
