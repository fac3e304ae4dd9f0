# SPDX-License-Identifier: MIT
"""What machines have in common."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._checks import check_type
from buildbot_cfg.util.service import BuildbotService


class Machine(BuildbotService):
    """A machine that several workers run on; an entry of ``c["machines"]``.

    Args:
        name: unique; workers name it by machine_name.
    """

    def checkConfig(self, name: str, **kwargs: Any) -> Any:
        """Reports what is wrong with the arguments."""
        self.name = name
        check_type(self.label, "name", name, str)
        super().checkConfig(**kwargs)
