# SPDX-License-Identifier: MIT
"""What must be true of a database after any fault, once everything is over; and of what was announced before it."""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

from running import Master, wait_for

SUCCESS, WARNINGS, FAILURE, SKIPPED, EXCEPTION, RETRY, CANCELLED = range(7)
TABLES = {
    "changes": ("changes", "changeid"),
    "buildsets": ("buildsets", "id"),
    "buildrequests": ("buildrequests", "id"),
    "builds": ("builds", "id"),
    "steps": ("steps", "id"),
    "logs": ("logs", "id"),
}
IDS = {"changes": "changeid", "buildsets": "bsid", "buildrequests": "buildrequestid", "builds": "buildid",
       "steps": "stepid", "logs": "logid"}  # fmt: skip
# Announced once, these never change again.
FIXED = {
    "changes": {"revision": "revision", "branch": "branch", "author": "author"},
    "buildsets": {"submitted_at": "submitted_at"},
    "buildrequests": {"buildsetid": "buildsetid", "builderid": "builderid"},
    "builds": {"number": "number", "builderid": "builderid", "buildrequestid": "buildrequestid"},
    "steps": {"number": "number", "name": "name", "buildid": "buildid"},
    "logs": {"name": "name", "stepid": "stepid"},
}


class SqliteStore:
    """The database as anybody may read it. Another database needs the same `query`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        database = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30)
        try:
            return database.execute(sql, values).fetchall()
        finally:
            database.close()

    def row(self, table: str, key: str, value: int) -> dict[str, Any] | None:
        database = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30)
        database.row_factory = sqlite3.Row
        try:
            found = database.execute(f"SELECT * FROM {table} WHERE {key} = ?", (value,)).fetchone()
            return dict(found) if found is not None else None
        finally:
            database.close()

    def problems(self) -> list[str]:
        found = [
            f"integrity: {row[0]}" for row in self.query("PRAGMA integrity_check") if row[0] != "ok"
        ]
        return found + [f"foreign key: {row}" for row in self.query("PRAGMA foreign_key_check")]


class Announced:
    """What REST answers and websocket messages have told somebody: none of it may be gone after a fault."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.last: dict[tuple[str, int], dict[str, Any]] = {}
        self.ended: dict[tuple[str, int], dict[str, Any]] = {}
        self.requests: set[int] = set()
        self.texts: dict[int, str] = {}  # of logs, by id
        self.messages = 0

    def add(self, key: str, message: dict[str, Any]) -> None:
        kind = key.split("/")[0]
        row = (kind, int(message[IDS[kind]]))
        with self.lock:
            self.messages += 1
            self.last[row] = message
            if message.get("complete"):
                self.ended.setdefault(row, message)

    def accepted(self, request: int) -> None:
        with self.lock:
            self.requests.add(request)

    def read_logs(self, master: Master) -> None:
        """What REST shows of each log at this moment, as far as its lines are announced."""
        for (kind, number), message in list(self.last.items()):
            if kind == "logs":
                lines = text_of(master, number).splitlines(keepends=True)
                self.texts[number] = "".join(lines[: message["num_lines"]])


def text_of(master: Master, log: int) -> str:
    text: str = master.rows(f"logs/{log}/contents")[0]["content"]
    return text


def unfinished(store: SqliteStore) -> list[str]:
    conditions = {
        "builds": "complete_at IS NULL OR results IS NULL",
        "steps": "complete_at IS NULL OR results IS NULL",
        "logs": "complete = 0",
        "buildrequests": "complete = 0",
        "buildsets": "complete = 0",
        "scheduler_changes": "1 = 1",
        "changes": "revision NOT IN (SELECT revision FROM sourcestamps s JOIN buildset_sourcestamps b"
        " ON b.sourcestampid = s.id)",
    }
    return [
        f"unfinished in {table}: {row}"
        for table, condition in conditions.items()
        for row in store.query(f"SELECT * FROM {table} WHERE {condition}")
    ]


def wrong_requests(store: SqliteStore) -> list[str]:
    """Each request has ended once: its last build gave its result, the earlier ones were to be done again."""
    builds: dict[int, list[int]] = defaultdict(list)
    for request, results in store.query("SELECT buildrequestid, results FROM builds ORDER BY id"):
        builds[request].append(results)
    found = []
    for request, results in store.query("SELECT id, results FROM buildrequests"):
        own = builds.pop(request, [])
        if not own:
            # Cancelled before any build began.
            if results not in (CANCELLED, SKIPPED):
                found.append(f"request {request} ended with {results} and was never built")
        elif own[-1] == RETRY or any(earlier != RETRY for earlier in own[:-1]):
            found.append(f"request {request}: builds ended with {own}")
        elif own[-1] != results:
            found.append(f"request {request} ended with {results}, its last build with {own[-1]}")
    return found + [f"builds of no request: {request}" for request in builds]


def wrong_numbers(store: SqliteStore) -> list[str]:
    """Numbers count up from 1 without a gap or a double."""
    found = []
    for table, parent, first in (("builds", "builderid", 1), ("steps", "buildid", 0)):
        numbers: dict[int, list[int]] = defaultdict(list)
        for key, number in store.query(f"SELECT {parent}, number FROM {table} ORDER BY id"):
            numbers[key].append(number)
        found += [
            f"numbers of {table} of {parent} {key}: {own}"
            for key, own in numbers.items()
            if own != list(range(first, first + len(own)))
        ]
    return found


def wrong_buildsets(store: SqliteStore) -> list[str]:
    """A buildset's result is the worst of its requests'."""
    severity = [SUCCESS, WARNINGS, SKIPPED, FAILURE, EXCEPTION, RETRY, CANCELLED]
    found = []
    for bsid, results in store.query("SELECT id, results FROM buildsets"):
        own = [
            r
            for (r,) in store.query("SELECT results FROM buildrequests WHERE buildsetid = ?", bsid)
        ]
        if not own:
            found.append(f"buildset {bsid} has no request")
        elif results != max(own, key=lambda r: severity.index(r) if r in severity else -1):
            found.append(f"buildset {bsid} ended with {results}, its requests with {own}")
    return found


def wrong_changes(store: SqliteStore) -> list[str]:
    """Each change was built once by its scheduler, which remembers none of them any more."""
    found = [
        f"left over: scheduler_changes {row}"
        for row in store.query("SELECT * FROM scheduler_changes")
    ]
    for changeid, revision in store.query("SELECT changeid, revision FROM changes"):
        sets = store.query(
            "SELECT bs.id FROM buildsets bs JOIN buildset_sourcestamps bss ON bss.buildsetid = bs.id "
            "JOIN sourcestamps ss ON ss.id = bss.sourcestampid WHERE ss.revision = ? AND bs.parent_buildid IS NULL",
            revision,
        )
        if len(sets) != 1:
            found.append(f"change {changeid} is in {len(sets)} buildsets")
    return found


def wrong_children(store: SqliteStore) -> list[str]:
    """A build that was interrupted has asked for its children once, and so has the one after it."""
    rows = store.query(
        "SELECT b.id, b.results, (SELECT count(*) FROM buildsets s WHERE s.parent_buildid = b.id) FROM builds b "
        "JOIN builders br ON br.id = b.builderid WHERE br.name = 'parent'"
    )
    return [
        f"build {build} of 'parent' ended with {results} and has {children} children"
        for build, results, children in rows
        if children > 1 or (results == SUCCESS and children != 1)
    ]


def lost(store: SqliteStore, announced: Announced) -> list[str]:
    found = [
        f"request {request} was accepted and is gone"
        for request in announced.requests
        if store.row("buildrequests", "id", request) is None
    ]
    for (kind, number), message in announced.last.items():
        row = store.row(*TABLES[kind], number)
        if row is None:
            found.append(f"{kind}/{number} was announced and is gone")
            continue
        found += [
            f"{kind}/{number}: {field} was announced as {message[field]!r} and is {row[column]!r}"
            for field, column in FIXED[kind].items()
            if message[field] != row[column]
        ]
        if kind == "logs" and row["num_lines"] < message["num_lines"]:
            found.append(
                f"logs/{number}: {message['num_lines']} lines announced, {row['num_lines']} stored"
            )
    for (kind, number), message in announced.ended.items():
        row = store.row(*TABLES[kind], number) or {}
        if kind not in ("changes", "logs") and row.get("results") != message["results"]:
            found.append(
                f"{kind}/{number} had ended with {message['results']}, now {row.get('results')}"
            )
    return found


def wrong_logs(store: SqliteStore, master: Master, announced: Announced) -> list[str]:
    """Every log can be read, as far as its row says, and still begins with what was shown of it."""
    found = []
    for log, lines in store.query("SELECT id, num_lines FROM logs"):
        text = text_of(master, log)
        if text.count("\n") != lines:
            found.append(f"log {log}: {lines} lines by its row, {text.count(chr(10))} to be read")
        if not text.startswith(announced.texts.get(log, "")):
            found.append(f"log {log} was {announced.texts[log]!r}, now {text!r}")
    return found


def wrong_files(store: SqliteStore, folder: Path) -> list[str]:
    """No log file without its build, nothing half made, no journal of a thousand files."""
    builds = {row[0] for row in store.query("SELECT id FROM builds")}
    files = [path for path in (folder / "kiln-logs").rglob("*") if path.is_file()]
    return [
        f"left over: {path.relative_to(folder)}"
        for path in files
        if not path.name.startswith("journal-")
        and (path.suffix != ".klog" or int(path.stem) not in builds)
    ]


def settle(store: SqliteStore, limit_s: float = 60) -> None:
    """Waits until nothing is left to do. Says what was, if that does not come."""
    try:
        wait_for("the end of everything", lambda: not unfinished(store), limit_s)
    except AssertionError as error:
        raise AssertionError("; ".join([str(error), *unfinished(store)[:10]])) from None


def problems(store: SqliteStore, master: Master, announced: Announced) -> list[str]:
    """All that is wrong, after `settle`."""
    return [
        *store.problems(),
        *unfinished(store),
        *wrong_requests(store),
        *wrong_numbers(store),
        *wrong_buildsets(store),
        *wrong_changes(store),
        *wrong_children(store),
        *lost(store, announced),
        *wrong_logs(store, master, announced),
        *wrong_files(store, master.dir),
    ]
