# SPDX-License-Identifier: MIT
"""Changes with everything, with almost nothing, with a prefix; a wrong password."""

import json
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).resolve().parents[2] / "support" / "pb_client.py"
WHOLE = {
    "who": "Ann <ann@x.org>",
    "files": ["src/a.c", "doc/\u00e4"],
    "comments": "why\nand how",
    "branch": "main",
    "revision": "r1",
    "category": "push",
    "when": 1700000000.5,
    "properties": {"p": 1, "q": ["x"]},
    "revlink": "http://x.org/r1",
    "repository": "http://x.org/r",
    "project": "p",
    "src": "git",
    "codebase": "",
}


def play(stage):
    def send(name, user, password, *sent):
        command = [
            sys.executable,
            str(CLIENT),
            str(stage.pb),
            user,
            password,
            "change",
            json.dumps(sent),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
        stage.note(name, json.loads(done.stdout))
        stage.settle()

    send("whole", "change", "changepw", WHOLE)
    empty = dict.fromkeys(WHOLE)
    del empty["codebase"]
    empty["when"] = 1700000002
    send("empty", "change", "changepw", {**empty, "who": "bob", "files": []})
    send("bare", "change", "changepw", {"who": "eve", "files": ["x"], "comments": "c", "when": 1})
    stage.finished("b1", 3)
    send("author", "change", "changepw", {"author": "eve", "files": ["x"], "comments": "c", "links": "", "when_timestamp": 1700000001})  # fmt: skip
    stage.finished("b1", 4)
    send(
        "prefix",
        "trunk",
        "pw-t",
        {"who": "a", "files": ["trunk/x", "tags/y", "trunk/d/z"], "comments": "c", "when": 3},
    )
    send(
        "no file left",
        "trunk",
        "pw-t",
        {"who": "a", "files": ["tags/y"], "comments": "c", "when": 2},
    )
    stage.finished("b1", 6)
    send("wrong password", "trunk", "changepw", WHOLE)
    send("no such user", "nobody", "changepw", WHOLE)
