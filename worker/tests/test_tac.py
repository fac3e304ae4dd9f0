# SPDX-License-Identifier: MIT
"""Reading a buildbot.tac without running it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from kilnbot_worker.settings import load
from kilnbot_worker.tac import TacError, read_tac

HEAD = """
import os
from buildbot_worker.bot import Worker
from twisted.application import service
basedir = '.'
if basedir == '.':
    import os.path
    basedir = os.path.abspath(os.path.dirname(__file__))
application = service.Application('buildbot-worker')
"""
# As container images have it: everything from the environment, which is then cleaned.
CONTAINER = """
import fnmatch
import os
import sys
from twisted.application import service
from twisted.python.log import FileLogObserver
from twisted.python.log import ILogObserver
from buildbot_worker.bot import Worker
basedir = os.environ.get("KT_BASEDIR", os.path.abspath(os.path.dirname(__file__)))
application = service.Application('buildbot-worker')
application.setComponent(ILogObserver, FileLogObserver(sys.stdout).emit)
host = os.environ.get("KT_MASTER", 'localhost')
number = int(os.environ.get("KT_PORT", 9989))
password = os.environ.get("KT_PASS")
hidden = os.environ.get("KT_HIDDEN", "KT_PASS").split()
for name in list(os.environ.keys()):
    for pattern in hidden:
        if fnmatch.fnmatch(name, pattern):
            del os.environ[name]
s = Worker(host, number, 'docker', password, basedir, 600, umask=None, maxdelay=300,
           allow_shutdown=None, maxRetries=10, useTls=False, protocol='pb')
s.setServiceParent(application)
"""


def write(folder: Path, text: str) -> str:
    (folder / "buildbot.tac").write_text(text)
    return str(folder / "buildbot.tac")


def value_of(folder: Path, expression: str, environ: Any = None) -> Any:
    path = write(folder, f"import os, socket\nvalue = {expression}\n")
    return read_tac(path, dict(environ or {}))[0]["value"]


@pytest.mark.parametrize(
    "expression, expected",
    [
        ("0o22", 18),
        ("10 * 1000 * 1000", 10_000_000),
        ("-1 if not True else 'a' + 'b'", "ab"),
        ("os.environ['A']", "1"),
        ("os.environ.get('B', 'none')", "none"),
        ("os.getenv('A')", "1"),
        ("int(os.environ['A']) + 1", 2),
        ("'A' in os.environ and 1 < 2 <= 2", True),
        ("'%s:%d' % ('h', 5)", "h:5"),
        ("f'{os.environ[\"A\"]}-x'", "1-x"),
        ("{'a': ['x', 'y']}['a'][1].upper()", "Y"),
        ("os.path.join('a', 'b')", os.path.join("a", "b")),
    ],
)
def test_plain_expressions_have_values(tmp_path: Path, expression: str, expected: Any) -> None:
    assert value_of(tmp_path, expression, {"A": "1"}) == expected


def test_a_password_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("pw\n")

    assert value_of(tmp_path, f"open({str(tmp_path / 'secret')!r}).read().strip()") == "pw"
    path = write(tmp_path, f"with open({str(tmp_path / 'secret')!r}) as f:\n    x = f.readline()\n")
    assert read_tac(path, {})[0]["x"] == "pw\n"


@pytest.mark.parametrize(
    "text, line, what",
    [
        ("x = __import__('os').system('touch ran')", 1, "unknown name '__import__'"),
        ("import os\nos.system('touch ran')", 2, "cannot read os.system"),
        ("x = ().__class__", 1, "cannot read the attribute '__class__'"),
        ("x = 'a' * 10**9", 1, "cannot read the operator"),
        ("x = (lambda: 1)()", 1, "cannot read a Lambda"),
        ("while True: pass", 1, "cannot read a While"),
        ("x = [1] + 5", 1, "can only concatenate"),
        ("x = unknown", 1, "unknown name 'unknown'"),
        ("import os\nx = os.environ['NOT_THERE']", 2, "NOT_THERE"),
        ("open('buildbot.tac', 'w')", 1, "files are only read"),
        ("x = [\n", 0, "syntax error"),
        ("a = list('x' * 1)\n", 1, "cannot read the operator"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, line: int, what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, text)

    with pytest.raises(TacError) as caught:
        read_tac(path, {})

    assert what in str(caught.value)
    assert str(caught.value).startswith(f"{path}:{line}" if line else f"{path}:")
    assert os.listdir(tmp_path) == ["buildbot.tac"]


def test_a_file_that_takes_for_ever_is_refused(tmp_path: Path) -> None:
    loops = "".join(f"{'  ' * n}for a{n} in 'x,x,x,x,x,x,x,x,x,x'.split(','):\n" for n in range(12))
    path = write(tmp_path, loops + "  " * 12 + "pass\n")

    with pytest.raises(TacError, match="takes too long"):
        read_tac(path, {})


def test_variables_become_settings(tmp_path: Path) -> None:
    write(tmp_path, HEAD + """
buildmaster_host = 'h'
port = 9990
connection_string = None
workername = 'w'
passwd = 'p'
keepalive = None
umask = 0o22
maxdelay = 60
allow_shutdown = 'file'
maxretries = 5
use_tls = 1
rotateLength = 1000
maxRotatedFiles = None
from twisted.python.logfile import LogFile
logfile = LogFile.fromFullPath(os.path.join(basedir, 'x'), rotateLength=1, maxRotatedFiles=2)
s = Worker(buildmaster_host, port, workername, passwd, basedir, keepalive, umask=umask,
           maxdelay=maxdelay, maxRetries=maxretries, useTls=use_tls)
""")  # fmt: skip

    found = load(str(tmp_path))

    assert (found.buildmaster_host, found.port, found.workername, found.passwd) == (
        "h",
        9990,
        "w",
        "p",
    )
    assert (found.keepalive, found.umask, found.maxdelay, found.maxretries) == (None, 18, 60, 5)
    assert (found.allow_shutdown, bool(found.use_tls), found.protocol) == ("file", True, "pb")
    assert (found.rotates, found.rotateLength, found.maxRotatedFiles) == (True, 1000, None)
    assert found.basedir == str(tmp_path)


def test_the_file_of_a_container_image_is_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "KT_MASTER": "m",
        "KT_PORT": "77",
        "KT_PASS": "pw",
        "KT_OTHER": "1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KT_HIDDEN", "KT_P*")
    write(tmp_path, CONTAINER)

    found = load(str(tmp_path))

    assert (found.buildmaster_host, found.port, found.workername, found.passwd) == (
        "m",
        77,
        "docker",
        "pw",
    )
    assert (found.maxretries, found.logs_to_stdout, found.rotates) == (10, True, False)
    assert "KT_PASS" not in os.environ and "KT_OTHER" in os.environ


@pytest.mark.parametrize(
    "text, what",
    [
        ("workername = 'w'\n", "passwd is not set"),
        ("workername = 'w'\npasswd = 'p'\n", "neither buildmaster_host nor connection_string"),
        ("workername = 'w'\npasswd = 'p'\nbuildmaster_host = 'h'\nport = 'x'\n", "port must be"),
        ("workername = 'w'\npasswd = service.x()\n", "known only by running"),
        ("workername = 'w'\npasswd = 'p'\nprotocol = 'x'\n", "protocol 'x' is unknown"),
    ],
)
def test_settings_that_cannot_be_used_are_named(tmp_path: Path, text: str, what: str) -> None:
    write(tmp_path, HEAD + text)

    with pytest.raises(TacError, match=what):
        load(str(tmp_path))
