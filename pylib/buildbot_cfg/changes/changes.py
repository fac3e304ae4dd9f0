# SPDX-License-Identifier: MIT
"""A change as filters, steps and callbacks see it."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.process.properties import Properties


class Change:
    """One commit, or whatever else a change source reports."""

    def __init__(
        self,
        who: str = "",
        files: list[str] | None = None,
        comments: str = "",
        committer: str | None = None,
        revision: str | None = None,
        when: float | None = None,
        branch: str | None = None,
        category: str | None = None,
        revlink: str = "",
        properties: dict[str, Any] | None = None,
        repository: str = "",
        codebase: str = "",
        project: str = "",
    ) -> None:
        self.number: int | None = None
        self.who, self.committer = who, committer
        self.files, self.comments = sorted(files or []), comments
        self.revision, self.when, self.branch = revision, when, branch
        self.category, self.revlink = category, revlink
        self.repository, self.codebase, self.project = repository, codebase, project
        self.properties = Properties()
        self.properties.update(properties or {}, "Change")

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Change:
        """Makes one of a row as REST gives it."""
        made = cls(
            who=row["author"],
            files=row["files"],
            comments=row["comments"],
            committer=row.get("committer"),
            revision=row["revision"],
            when=row["when_timestamp"],
            branch=row["branch"],
            category=row["category"],
            revlink=row.get("revlink") or "",
            repository=row["repository"],
            codebase=row["codebase"],
            project=row["project"],
        )
        made.number = row.get("changeid")
        made.properties = Properties.fromDict(row.get("properties") or {})
        return made

    def asDict(self) -> dict[str, Any]:
        """Its attributes."""
        return {
            "number": self.number,
            "branch": self.branch,
            "category": self.category,
            "who": self.getShortAuthor(),
            "comments": self.comments,
            "revision": self.revision,
            "rev": self.revision,
            "when": self.when,
            "at": self.when,
            "files": [{"name": file} for file in self.files],
            "revlink": self.revlink,
            "properties": self.properties.asList(),
            "repository": self.repository,
            "project": self.project,
            "codebase": self.codebase,
        }

    def asChDict(self) -> dict[str, Any]:
        """Its row, as the data API gives it."""
        return {
            "changeid": self.number,
            "author": self.who,
            "committer": self.committer,
            "branch": self.branch,
            "category": self.category,
            "codebase": self.codebase,
            "comments": self.comments,
            "files": self.files,
            "project": self.project,
            "properties": self.properties.asDict(),
            "repository": self.repository,
            "revision": self.revision,
            "revlink": self.revlink,
            "when_timestamp": self.when,
        }

    def getShortAuthor(self) -> str:
        """The author."""
        return self.who

    def __repr__(self) -> str:
        return f"Change(revision={self.revision!r}, who={self.who!r}, branch={self.branch!r})"
