# SPDX-License-Identifier: MIT
"""Groups of builders."""

from __future__ import annotations

from buildbot_cfg._checks import check_type
from buildbot_cfg._declared import Declared, quoted


class Project(metaclass=Declared):
    """A group of builders in the browser; builders name it by ``project=``.

    Args:
        name: unique.
        slug: short name for URLs; the name by default.
        description: a text.
        description_format: None or "markdown".
    """

    def __init__(
        self,
        name: str,
        slug: str | None = None,
        description: str | None = None,
        description_format: str | None = None,
    ) -> None:
        check_type(quoted("project", name), "name", name, str)
        self.name, self.slug = name, slug if slug is not None else name
        self.description, self.description_format = description, description_format
