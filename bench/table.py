#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""JSON lines of bench.py -> a table of min / median / max (Markdown), and one JSON file.

table.py results.jsonl --json results.json > RESULTS.md
table.py mine.jsonl --against results-upstream.jsonl      adds the ratio of the medians
"""

import argparse
import json
import statistics

KEYS = {
    "startup": ["builders"],
    "reconfig": ["builders"],
    "throughput": ["builders", "builds"],
    "latency": ["kind"],
    "logs": ["kind"],
    "rest": ["builds", "query"],
    "workers": ["workers"],
    "fanout": ["clients"],
    "history": ["builds", "query"],
}
# figures shown, and whether more is better
SHOW = {
    "startup": {
        "cold_rest_s": 0,
        "warm_rest_s": 0,
        "warm_cpu_s": 0,
        "warm_rss_mb": 0,
        "warm_stop_s": 0,
    },
    "reconfig": {
        "effect_s": 0,
        "cli_s": 0,
        "master_cpu_s": 0,
        "probe_p50_ms": 0,
        "probe_max_ms": 0,
    },
    "throughput": {
        "builds_per_s": 1,
        "overall_builds_per_s": 1,
        "finished": 1,
        "master_cpu_ms_per_build": 0,
        "master_cpu_pct": 0,
        "swarm_cpu_pct": 0,
        "rest_p50_ms": 0,
        "rest_p99_ms": 0,
        "rss_after_mb": 0,
    },
    "latency": {
        "post_p50_ms": 0,
        "start_p50_ms": 0,
        "start_p95_ms": 0,
        "start_p99_ms": 0,
        "finish_p50_ms": 0,
        "finish_p95_ms": 0,
        "finish_p99_ms": 0,
    },
    "logs": {
        "MB_per_s": 1,
        "master_cpu_ms_per_mb": 0,
        "db_mb_per_log_mb": 0,
        "rss_peak_mb": 0,
        "rest_p99_ms": 0,
        "swarm_cpu_pct": 0,
    },
    "rest": {"rps": 1, "p50_ms": 0, "p99_ms": 0, "first_ms": 0},
    "workers": {
        "attached_s": 0,
        "rest_s": 0,
        "attach_cpu_ms_per_worker": 0,
        "rss_kb_per_worker": 0,
        "idle_cpu_pct": 0,
    },
    "fanout": {
        "events_per_s": 1,
        "MB_per_s": 1,
        "build_secs": 0,
        "spread_p99_ms": 0,
        "ping_p99_ms": 0,
        "master_cpu_pct": 0,
        "bench_cpu_pct": 0,
    },
    "history": {
        "rest_s": 0,
        "busy_after_start_s": 0,
        "start_p50_ms": 0,
        "start_p99_ms": 0,
        "rps": 1,
        "p50_ms": 0,
        "p99_ms": 0,
        "first_ms": 0,
    },
}


def read(path):
    groups = {}
    with open(path) as f:
        for line in f:
            row = json.loads(line)
            key = (row["scenario"], *(str(row.get(k, "")) for k in KEYS[row["scenario"]]))
            groups.setdefault(key, []).append(row)
    return groups


def three(rows, name):
    v = [
        r[name]
        for r in rows
        if isinstance(r.get(name), (int, float)) and not isinstance(r.get(name), bool)
    ]
    return (min(v), statistics.median(v), max(v), len(v)) if v else None


def short(x):
    return f"{x:,.0f}" if abs(x) >= 100 else f"{x:.3g}"


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("results")
    ap.add_argument("--against", help="JSON lines of the other master")
    ap.add_argument("--json", help="write all figures (every numeric field) to this file")
    opts = ap.parse_args()
    groups, other = read(opts.results), read(opts.against) if opts.against else {}
    head = "| scenario | figure | min | median | max | runs |" + (
        " other | times better |" if other else ""
    )
    print(head + "\n|" + "---|" * (head.count("|") - 1))
    order = list(KEYS)
    summary = []
    for key in sorted(groups, key=lambda k: (order.index(k[0]), [(len(x), x) for x in k[1:]])):
        rows = groups[key]
        notes = []
        if any(r.get("capped") for r in rows):
            notes.append("capped")
        if any(r.get("checked") is False for r in rows):
            notes.append("CHECK FAILED")
        notes += sorted({r["error"][:60] for r in rows if r.get("error")})
        title = " ".join(key) + (f" ({', '.join(notes)})" if notes else "")
        for name, more in SHOW[key[0]].items():
            t = three(rows, name)
            if not t:
                continue
            line = f"| {title} | {name} | {short(t[0])} | {short(t[1])} | {short(t[2])} | {t[3]} |"
            o = three(other.get(key, []), name)
            if other:
                ratio = (t[1] / o[1] if more else o[1] / t[1]) if o and o[1] and t[1] else None
                line += f" {short(o[1]) if o else ''} | {short(ratio) + 'x' if ratio else ''} |"
            print(line)
        figures = {n: three(rows, n) for r in rows for n in r if three(rows, n)}
        summary.append(
            {
                "key": list(key),
                "figures": {
                    n: dict(zip(("min", "median", "max", "runs"), t)) for n, t in figures.items()
                },
                "rows": rows,
            }
        )
    if opts.json:
        with open(opts.json, "w") as f:
            json.dump(summary, f, indent=1)


if __name__ == "__main__":
    main()
