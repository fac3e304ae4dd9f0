# SPDX-License-Identifier: MIT
"""Steers the faulty disk of disk.c: full or read-only, commits held back, the master killed at a chosen write."""

from __future__ import annotations

import errno
import functools
import mmap
import shutil
import sqlite3
import struct
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from running import wait_for

# The same as struct control in disk.c.
FIELDS = ("error", "space", "only", "hold_syncs", "permits", "held", "hold_logs", "logs_held", "kill_kind", "kill_at",
          "wal_writes", "wal_syncs", "log_writes", "refused")  # fmt: skip
KILLS = ("never", "wal_write_before", "wal_write_half", "wal_sync_before", "wal_sync_after",
         "log_write_before", "log_write_half")  # fmt: skip
ANYWHERE, WAL, LOGS = 0, 2, 3  # enum place
FULL, READ_ONLY = errno.ENOSPC, errno.EROFS

Pending = Callable[[sqlite3.Connection], object]


@functools.cache
def library() -> Path:
    """The shim, compiled once for this run."""
    made = Path(tempfile.mkdtemp(prefix="kiln-disk-")) / "disk.so"
    source = Path(__file__).with_name("disk.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"], check=True)
    return made


class Disk:
    """The disk of one master; its database and log files lie below `root`."""

    def __init__(self, root: Path, control: Path) -> None:
        self.root = root
        self.control = control
        control.write_bytes(bytes(mmap.PAGESIZE))
        with control.open("r+b") as file:
            self.map = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self["space"] = -1

    def __getitem__(self, field: str) -> int:
        value: int = struct.unpack_from("q", self.map, 8 * FIELDS.index(field))[0]
        return value

    def __setitem__(self, field: str, value: int) -> None:
        struct.pack_into("q", self.map, 8 * FIELDS.index(field), value)

    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(library()),
            "KILN_DISK_ROOT": str(self.root),
            "KILN_DISK_CONTROL": str(self.control),
        }

    def fail(self, error: int, only: int = ANYWHERE) -> None:
        self["only"] = only
        self["error"] = error

    def works_again(self) -> None:
        self["error"] = 0
        self["space"] = -1

    def kill_at(self, kind: str, count: int) -> None:
        """The master dies at its `count`-th write of this kind from now on."""
        field = "wal_syncs" if "sync" in kind else "log_writes" if "log" in kind else "wal_writes"
        self["kill_at"] = self[field] + count
        self["kill_kind"] = KILLS.index(kind)

    def no_kill(self) -> None:
        self["kill_kind"] = 0

    def hold_commits(self) -> None:
        self["permits"] = 0
        self["hold_syncs"] = 1

    def release_commits(self) -> None:
        self["hold_syncs"] = 0

    def pending(self, ask: Pending) -> object:
        """What `ask` finds in a copy of the database in which the commit that is held has happened."""
        with tempfile.TemporaryDirectory() as copy:
            for part in ("", "-wal"):
                shutil.copy(self.root / f"state.sqlite{part}", Path(copy) / f"state.sqlite{part}")
            database = sqlite3.connect(Path(copy) / "state.sqlite")
            try:
                return ask(database)
            finally:
                database.close()

    def step_until(self, what: str, ask: Pending) -> None:
        """Lets commits through one by one until the one that waits next would make `ask` true, and holds that one."""
        while True:
            count = wait_for(f"a commit on the way to {what}", lambda: self["held"])
            if self.pending(ask):
                return
            self["permits"] = count
            wait_for("the commit to go on", lambda before=count: self["held"] != before)
