# SPDX-License-Identifier: MIT
"""Jobs with everything and with as little as can be, foreign builders, wrong passwords; the client watches the builds."""

import json
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).resolve().parents[2] / "support" / "pb_client.py"


def client(stage, user, password, verb, value=None):
    command = [sys.executable, str(CLIENT), str(stage.pb), user, password, verb, json.dumps(value)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return json.loads(done.stdout)


FULL = {
    "branch": "main",
    "revision": "r1",
    "patch": [1, "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+\u00e4\n"],
    "repository": "http://x.org/r",
    "project": "p",
    "builders": ["b2"],
    "who": "Ann <ann@x.org>",
    "comment": "look at this",
    "properties": {"p": "of the job", "q": "q", "n": [1, {"m": None}]},
    "wait": True,
}


def play(stage):
    def ask(name, *args):
        answer = client(stage, *args)
        if isinstance(answer, dict):
            answer.pop("steps", None)  # which of them the client still hears of is a matter of time
        stage.note(name, answer)
        stage.settle()

    ask("names", "ann", "pw-a", "names")
    ask("full", "ann", "pw-a", "try", FULL)
    ask(
        "bare",
        "bob",
        "pw-b",
        "try",
        {
            "patch": [0, ""],
            "repository": "",
            "project": "",
            "builders": [],
            "who": "",
            "comment": "",
            "properties": {},
            "wait": True,
        },
    )
    ask("no comment", "bob", "pw-b", "try",
        {**FULL, "builders": ["b1"], "who": "bob", "comment": "", "patch": [0, "x"], "wait": False})  # fmt: skip
    stage.finished("b1", 2)
    ask(
        "only a comment",
        "bob",
        "pw-b",
        "try",
        {**FULL, "builders": ["b1"], "who": None, "wait": True},
    )
    ask("fails", "ann", "pw-a", "try", {**FULL, "builders": ["b1"], "properties": {"fails": True}})
    ask("foreign", "ann", "pw-a", "try", {**FULL, "builders": ["b1", "foreign"]})
    ask("unknown", "ann", "pw-a", "try", {**FULL, "builders": ["nobody"]})
    ask("wrong password", "ann", "pw-b", "names")
    ask("unknown user", "eve", "pw-b", "names")
    ask("a worker is no client", "w1", "pw", "names")
