# SPDX-License-Identifier: MIT
"""Fill a stopped master's SQLite database (Buildbot 4.3 schema) with finished builds."""

import sqlite3
import sys
import time


def seed_sqlite(path, builds, log_bytes=2000):
    """Insert `builds` finished builds: per build a buildset, a request, 6 properties,
    2 steps and one log of one chunk.  Spread over all builders and workers known."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma synchronous=off")
    db.execute("pragma cache_size=-500000")
    one = lambda sql: db.execute(sql).fetchone()[0] or 0
    builders, workers = one("select max(id) from builders"), one("select max(id) from workers")
    first = {
        t: one(f"select max(id) from {t}") + 1
        for t in ("buildsets", "buildrequests", "builds", "steps", "logs", "buildset_sourcestamps")
    }
    number = one("select max(number) from builds")
    now = int(time.time())
    text = "".join(
        f"o{i:06d} some line of output of the seeded build, of a usual length\n"
        for i in range(log_bytes // 70)
    )[:-1]
    v = {
        "n": builds,
        "nb": builders,
        "nw": max(workers, 1),
        "t0": now - builds * 10,
        "num": number,
        "bs": first["buildsets"],
        "br": first["buildrequests"],
        "b": first["builds"],
        "st": first["steps"],
        "lg": first["logs"],
        "bss": first["buildset_sourcestamps"],
        "text": text.encode(),
        "lines": text.count("\n") + 1,
        "now": now,
    }
    db.execute("begin")
    db.execute(
        "insert into sourcestamps (ss_hash, repository, codebase, project, created_at) "
        "values (?, 'seed', '', '', ?)",
        ("seed-%d" % now, now),
    )
    v["ss"] = one("select max(id) from sourcestamps")
    for table, columns, values in (
        (
            "buildsets",
            "id, reason, submitted_at, complete, complete_at, results",
            ":bs+i, 'seeded', :t0+i*10, 1, :t0+i*10+8, 0",
        ),
        ("buildset_sourcestamps", "id, buildsetid, sourcestampid", ":bss+i, :bs+i, :ss"),
        (
            "buildset_properties",
            "buildsetid, property_name, property_value",
            """:bs+i, 'scheduler', '["force", "Scheduler"]'""",
        ),
        (
            "buildrequests",
            "id, buildsetid, builderid, priority, complete, results, submitted_at, complete_at",
            ":br+i, :bs+i, 1+i%:nb, 0, 1, 0, :t0+i*10, :t0+i*10+8",
        ),
        ("buildrequest_claims", "brid, masterid, claimed_at", ":br+i, 1, :t0+i*10"),
        (
            "builds",
            "id, number, builderid, buildrequestid, workerid, masterid, started_at, complete_at, "
            "locks_duration_s, state_string, results",
            ":b+i, :num+1+i/:nb, 1+i%:nb, :br+i, 1+i%:nw, 1, :t0+i*10+1, :t0+i*10+8, 0, 'build successful', 0",
        ),
    ):
        run(db, v, table, columns, values)
    for name, value in (
        ("buildername", "'\"b' || (i%:nb) || '\"'"),
        ("buildnumber", ":num+1+i/:nb"),
        ("scheduler", "'\"force\"'"),
        ("workername", "'\"w' || (i%:nw) || '\"'"),
        ("owner", "'\"bench\"'"),
        ("branch", "'null'"),
    ):
        run(
            db,
            v,
            "build_properties",
            "buildid, name, value, source",
            f":b+i, '{name}', {value}, 'seed'",
        )
    for k, name in enumerate(("worker_preparation", "s0")):
        run(
            db,
            v,
            "steps",
            "id, number, name, buildid, started_at, locks_acquired_at, complete_at, "
            "state_string, results, urls_json",
            f":st+2*i+{k}, {k}, '{name}', :b+i, :t0+i*10+1, :t0+i*10+1, :t0+i*10+7, 'finished', 0, '[]'",
        )
    run(
        db,
        v,
        "logs",
        "id, name, slug, stepid, complete, num_lines, type",
        ":lg+i, 'stdio', 'stdio', :st+2*i+1, 1, :lines, 's'",
    )
    run(
        db,
        v,
        "logchunks",
        "logid, first_line, last_line, content, compressed",
        ":lg+i, 0, :lines-1, :text, 0",
    )
    db.execute("commit")
    db.execute("pragma wal_checkpoint(truncate)")
    db.close()


def run(db, v, table, columns, values):
    db.execute(
        f"with recursive n(i) as (select 0 union all select i+1 from n where i < :n-1) "
        f"insert into {table} ({columns}) select {values} from n",
        v,
    )


if __name__ == "__main__":
    seed_sqlite(sys.argv[1], int(sys.argv[2]))
