# SPDX-License-Identifier: MIT
"""Source stamps, builders and requests as the steps of a build see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from buildbot_cfg.changes.changes import Change


@dataclass(slots=True)
class SourceStamp:
    """What is built of one codebase."""

    branch: str | None
    revision: str | None
    repository: str
    project: str
    codebase: str
    ssid: int | None = None
    patch: tuple[int, bytes, str] | None = None
    patch_info: tuple[str, str] | None = None
    patchid: int | None = None
    created_at: Any = None
    changes: list[Change] = field(default_factory=list)

    def asDict(self) -> dict[str, Any]:
        """Its attributes."""
        level, body, subdir = self.patch or (None, None, None)
        author, comment = self.patch_info or (None, None)
        return {
            "branch": self.branch,
            "revision": self.revision,
            "repository": self.repository,
            "project": self.project,
            "codebase": self.codebase,
            "patch_level": level,
            "patch_body": body,
            "patch_subdir": subdir,
            "patch_author": author,
            "patch_comment": comment,
        }


def source_stamps(rows: list[dict[str, Any]], changes: list[dict[str, Any]]) -> list[SourceStamp]:
    """The source stamps of a build with their changes, of rows as REST gives them."""
    made = [Change.from_row(change) for change in changes]
    return [_source_stamp(row, made) for row in rows]


def _source_stamp(row: dict[str, Any], changes: list[Change]) -> SourceStamp:
    patch = row.get("patch")
    body = patch["body"] if patch else b""
    return SourceStamp(
        branch=row["branch"],
        revision=row["revision"],
        repository=row["repository"],
        project=row["project"],
        codebase=row["codebase"],
        ssid=row.get("ssid"),
        patch=(patch["level"], body.encode() if isinstance(body, str) else body, patch["subdir"])
        if patch
        else None,
        patch_info=(patch["author"], patch["comment"]) if patch else None,
        changes=[change for change in changes if change.codebase == row["codebase"]],
    )


@dataclass(slots=True)
class BuilderOfBuild:
    """The builder of a running build."""

    name: str
    builderid: int
    config: Any
    master: Any
    buildbot_url: str

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.master.botmaster.builder(self.config), name)


@dataclass(slots=True)
class WorkerOfBuild:
    """The worker of a running build."""

    workername: str
    info: Any
    #: The variables of its process.
    worker_environ: dict[str, str]

    @property
    def name(self) -> str:
        """The worker's name."""
        return self.workername

    @property
    def worker_system(self) -> str | None:
        """``posix`` or ``nt``."""
        system: str | None = self.info.getProperty("system")
        return system

    @property
    def worker_basedir(self) -> str | None:
        """Its directory."""
        basedir: str | None = self.info.getProperty("basedir")
        return basedir

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        from buildbot_cfg._master import MASTER

        configured = MASTER.workers.getWorkerByName(self.workername)
        if configured is None:
            what = f"the worker {self.workername!r} is not configured any more: it has no {name!r}"
            raise AttributeError(what, name=name)
        return getattr(configured, name)
