# SPDX-License-Identifier: MIT
"""A repository whose commits are tracked."""

from __future__ import annotations

from buildbot_cfg._checks import check_type
from buildbot_cfg._declared import Declared, quoted


class Codebase(metaclass=Declared):
    """A codebase of a project; a GitPoller names it by ``codebase=``.

    Args:
        name: unique in its project.
        project: the project's name.
        slug: short name for URLs; the name by default.
    """

    def __init__(self, name: str, project: str, slug: str | None = None) -> None:
        check_type(quoted("codebase", name), "name", name, str)
        check_type(quoted("codebase", name), "project", project, str)
        self.name, self.project = name, project
        self.slug = slug if slug is not None else name
