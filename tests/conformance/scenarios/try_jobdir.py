# SPDX-License-Identifier: MIT
"""Job files of all versions, as `buildbot tryserver` leaves them; then some that are none."""

import base64
import json

WHOLE = {
    "jobid": "id-5",
    "branch": "main",
    "baserev": "r5",
    "patch_level": 1,
    "patch_body": "--- a\n+++ \u00e4\n",
    "repository": "http://x.org/r",
    "project": "p",
    "who": "Ann <ann@x.org>",
    "comment": "look",
    "builderNames": ["b1"],
    "properties": {"p": "of the job", "n": 1},
}


def netstrings(*parts):
    parts = [part if isinstance(part, bytes) else part.encode() for part in parts]
    return b"".join(b"%d:%s," % (len(part), part) for part in parts)


def in_json(version, **values):
    return netstrings(version, json.dumps({**WHOLE, **values}))


def files():
    body = base64.b64encode(b"--- a\n+++ \xff\n").decode()
    six = {key: value for key, value in WHOLE.items() if key != "patch_body"}
    return [
        ("one", netstrings("1", "id-1", "main", "r1", "1", "diff 1", "b1", "b2")),
        ("two", netstrings("2", "id-2", "", "", "0", "diff 2", "repo", "proj", "b1")),
        ("three", netstrings("3", "id-3", "main", "r3", "2", "diff 3", "repo", "proj", "me", "b1")),
        (
            "four",
            netstrings("4", "id-4", "main", "r4", "1", "diff 4", "repo", "proj", "me", "why", "b1"),
        ),
        ("five", in_json("5")),
        ("six", netstrings("6", json.dumps({**six, "jobid": "id-6", "patch_body_base64": body}))),
        (
            "all",
            in_json(
                "5", jobid="id-all", builderNames=[], who="", comment="", branch="", baserev=""
            ),
        ),
        ("foreign", in_json("5", builderNames=["b1", "foreign"])),
        ("empty", b""),
        ("cut", in_json("5")[:-9]),
        ("none", b"this is no job"),
        ("seven", netstrings("7", "id-7")),
        ("bad-json", netstrings("5", "{bad")),
        ("last", in_json("5", jobid="id-last", builderNames=["b2"])),
    ]


def play(stage):
    jobs = stage.dir / "jobs"
    built = {"b1": 0, "b2": 0}
    for name, content in files():
        (jobs / "tmp" / name).write_bytes(content)
        (jobs / "tmp" / name).rename(jobs / "new" / name)
        stage.wait(f"{name} to be taken", lambda name=name: not (jobs / "new" / name).exists())
        for builder in {"one": ["b1", "b2"], "all": ["b1", "b2"], "last": ["b2"]}.get(name, ["b1"]):
            if name in ("one", "two", "three", "four", "five", "six", "all", "last"):
                built[builder] += 1
                stage.finished(builder, built[builder])
        stage.settle()
    stage.note("taken", sorted(path.name for path in (jobs / "cur").iterdir()))
