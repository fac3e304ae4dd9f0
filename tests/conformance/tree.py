# SPDX-License-Identifier: MIT
"""What a master's REST interface tells, without what differs from run to run: ids, times, ports, paths."""

from __future__ import annotations

import re
import socket
from collections import Counter
from typing import Any

from stage import Stage

# The worker tells how long a command took and which process it was.
RUN_TEXT = [
    (re.compile(r"elapsedTime=[0-9.]+"), "elapsedTime=N"),
    (re.compile(r"\bpid [0-9]+"), "pid N"),
    (re.compile(r'File "[^"]*/site-packages/'), 'File "site-packages/'),
    (re.compile(r"environment id [0-9]+"), "environment id N"),
]
TIME_FIELDS = {
    "started_at", "complete_at", "claimed_at", "submitted_at", "created_at", "locks_acquired_at", "last_active",
}  # fmt: skip
TRACEBACKS = ("err_text", "err_html")


class Tree:
    """Reads a master once; `read` gives plain data in which ids are names."""

    def __init__(
        self, stage: Stage, headers_only: tuple[str, ...] = (), any_order: bool = False
    ) -> None:
        self.stage = stage
        self.headers_only = headers_only
        self.builders = {row["builderid"]: row["name"] for row in stage.rows("builders")}
        self.workers = {row["workerid"]: row["name"] for row in stage.rows("workers")}
        self.builds = {
            row["buildid"]: f"{self.builders[row['builderid']]}/{row['number']}"
            for row in stage.rows("builds")
        }
        self.sets = {row["bsid"]: row for row in stage.rows("buildsets?order=bsid")}
        self.set_properties = {
            bsid: stage.rows(f"buildsets/{bsid}/properties")[0] for bsid in self.sets
        }
        self.set_names = self._set_names()
        if any_order:
            self.sets = dict(sorted(self.sets.items(), key=lambda item: self.set_names[item[0]]))
        self.requests = {
            row[
                "buildrequestid"
            ]: f"{self.set_names[row['buildsetid']]}/{self.builders[row['builderid']]}"
            for row in stage.rows("buildrequests?order=buildrequestid")
        }
        self.stamps: dict[int, str] = {}
        self.texts = [
            (str(stage.folder), "$DIR"),
            (f"127.0.0.1:{stage.http}", "$MASTER"),
            (socket.gethostname(), "$HOST"),
            *stage.hidden,
        ]

    def _set_names(self) -> dict[int, str]:
        """The n-th set of its scheduler: schedulers that want the same change take turns in any order."""
        counts: Counter[str] = Counter()
        names = {}
        for bsid, properties in self.set_properties.items():
            scheduler = properties["scheduler"][0]
            counts[scheduler] += 1
            names[bsid] = f"{scheduler} {counts[scheduler]}"
        return names

    def read(self) -> dict[str, Any]:
        stage = self.stage
        tree = {
            "notes": stage.notes,
            "builders": {row["name"]: self._builder(row) for row in stage.rows("builders")},
            "workers": {row["name"]: self._worker(row) for row in stage.rows("workers")},
            "schedulers": {
                row["name"]: {"enabled": row["enabled"], "active": row["master"] is not None}
                for row in stage.rows("schedulers")
            },
            "changesources": {
                row["name"]: row["master"] is not None for row in stage.rows("changesources")
            },
            "changes": {
                str(row["changeid"]): self._change(row)
                for row in sorted(stage.rows("changes"), key=lambda row: row["changeid"])
                if stage.tells_changes
            },
            "buildsets": {self.set_names[bsid]: self._set(row) for bsid, row in self.sets.items()},
            "buildrequests": {
                self.requests[row["buildrequestid"]]: self._request(row)
                for row in stage.rows("buildrequests?order=buildrequestid")
            },
            "builds": {
                name: self._build(buildid)
                for buildid, name in sorted(self.builds.items(), key=lambda item: item[1])
            },
        }
        return self._plain(tree)

    def _plain(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._plain(key): self._plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._plain(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        for old, new in self.texts:
            text = text.replace(old, new)
        for pattern, new in RUN_TEXT:
            text = pattern.sub(new, text)
        text = re.sub(r"#/?buildrequests/(\d+)", self._request_link, text)
        return re.sub(r"#/?builders/(\d+)/builds/(\d+)", self._build_link, text)

    def _request_link(self, found: re.Match[str]) -> str:
        return f"#/buildrequests/({self.requests.get(int(found[1]), 'unknown')})"

    def _build_link(self, found: re.Match[str]) -> str:
        return f"#/builders/({self.builders.get(int(found[1]), 'unknown')})/builds/{found[2]}"

    @staticmethod
    def _row(row: dict[str, Any], *without: str) -> dict[str, Any]:
        """A row in which a time is only there or not."""
        return {
            key: ("a time" if value is not None else None) if key in TIME_FIELDS else value
            for key, value in row.items()
            if key not in without
        }

    def _properties(self, properties: dict[str, Any]) -> dict[str, Any]:
        named = dict(sorted(properties.items()))
        if "builderid" in named:
            value, source = named["builderid"]
            named["builderid"] = [self.builders.get(value, "unknown"), source]
        return named

    def _stamp(self, row: dict[str, Any]) -> dict[str, Any]:
        name = self.stamps.setdefault(row["ssid"], f"stamp {len(self.stamps) + 1}")
        patch = row["patch"] and {k: v for k, v in row["patch"].items() if k != "patchid"}
        return {"name": name} | self._row(row, "ssid") | {"patch": patch}

    def _builder(self, row: dict[str, Any]) -> dict[str, Any]:
        return self._row(row, "builderid", "name", "masterids", "projectid") | {
            "active": bool(row["masterids"])
        }

    def _worker(self, row: dict[str, Any]) -> dict[str, Any]:
        return self._row(row, "workerid", "name", "connected_to", "configured_on", "workerinfo") | {
            "connected": bool(row["connected_to"]),
            "builders": sorted(self.builders[on["builderid"]] for on in row["configured_on"]),
            "info": row["workerinfo"],
        }

    def _change(self, row: dict[str, Any]) -> dict[str, Any]:
        return self._row(row, "changeid") | {"sourcestamp": self._stamp(row["sourcestamp"])}

    def _set(self, row: dict[str, Any]) -> dict[str, Any]:
        stamps = sorted(row["sourcestamps"], key=lambda stamp: stamp["codebase"])
        return self._row(row, "bsid") | {
            "parent_buildid": self.builds.get(row["parent_buildid"]),
            "rebuilt_buildid": self.builds.get(row["rebuilt_buildid"]),
            "sourcestamps": [self._stamp(stamp) for stamp in stamps],
            "properties": self._properties(self.set_properties[row["bsid"]]),
        }

    def _request(self, row: dict[str, Any]) -> dict[str, Any]:
        return self._row(
            row, "buildrequestid", "buildsetid", "builderid", "claimed_by_masterid", "properties"
        )

    def _build(self, buildid: int) -> dict[str, Any]:
        stage = self.stage
        row = stage.rows(f"builds/{buildid}")[0]
        return {
            "request": self.requests[row["buildrequestid"]],
            "worker": self.workers.get(row["workerid"]),
            **self._row(row, "buildid", "builderid", "buildrequestid", "workerid", "masterid", "number",
                        "locks_duration_s", "properties"),
            "changes": sorted(c["changeid"] for c in stage.rows(f"builds/{buildid}/changes")),
            "triggered": sorted(
                self.builds[b["buildid"]] for b in stage.rows(f"builds/{buildid}/triggered_builds")
            ),
            "data": {d["name"]: [d["source"], d["length"]] for d in stage.rows(f"builds/{buildid}/data")},
            "properties": self._properties(stage.rows(f"builds/{buildid}/properties")[0]),
            "steps": {step["name"]: self._step(step) for step in stage.rows(f"builds/{buildid}/steps")},
        }  # fmt: skip

    def _step(self, step: dict[str, Any]) -> dict[str, Any]:
        logs = self.stage.rows(f"steps/{step['stepid']}/logs")
        return self._row(step, "stepid", "buildid", "name") | {
            "logs": {log["slug"]: self._log(step, log) for log in logs}
        }

    def _log(self, step: dict[str, Any], log: dict[str, Any]) -> dict[str, Any]:
        told = self._row(log, "logid", "stepid", "slug")
        lines = self.stage.log_text(step, log["slug"]).split("\n") if log["num_lines"] else []
        if lines and not lines[-1]:
            lines.pop()
        if log["slug"].endswith(TRACEBACKS):  # only the exception itself is the same everywhere
            is_text = log["slug"].endswith("err_text")
            raised = exception_of(lines) if is_text else "a traceback"
            return told | {"num_lines": "some", "text": raised}
        if log["type"] == "s":
            lines = in_order(lines)
        if step["name"].startswith(self.headers_only):
            lines = [line for line in lines if line.startswith("h")]
            told["num_lines"] = "some"
        return told | {"text": lines}


def exception_of(lines: list[str]) -> str:
    """The exception that a traceback ends with, or the innermost one of Twisted's FirstErrors."""
    text = "\n".join(lines).rstrip()
    inner = re.search(r"FirstError.*<class '([\w.]+)'>: (.*)", text)
    last = f"{inner[1]}: {inner[2]}" if inner else text.split("\n")[-1]
    return last.removeprefix("builtins.").removesuffix(":")


def in_order(lines: list[str]) -> list[str]:
    """Between two headers: standard output, then standard error. They come by two pipes in any order."""
    ordered: list[str] = []
    block: list[str] = []
    for line in [*lines, "h"]:
        if line.startswith("h"):
            ordered += sorted(block, key=lambda text: text[0] == "e")
            ordered.append(line)
            block = []
        else:
            block.append(line)
    return ordered[:-1]
