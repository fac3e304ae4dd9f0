# SPDX-License-Identifier: MIT
"""Connection strings, proxies, log files, what the worker says about itself."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from kilnbot_worker.endpoint import EndpointError, endpoint_of, parse
from kilnbot_worker.info import COMMANDS, info_files, parse_os_release, worker_info
from kilnbot_worker.logfile import RotatedLog
from kilnbot_worker.settings import Settings
from kilnbot_worker.transport import parse_proxy


@pytest.mark.parametrize(
    "text, expected",
    [
        ("tcp:host:9989", {"host": "host", "port": 9989, "tls": False}),
        ("TCP:host=host.x:port=1:timeout=7", {"host": "host.x", "port": 1, "timeout": 7.0}),
        ("tcp:\\:\\:1:5", {"host": "::1", "port": 5}),
        ("tls:host:9989", {"tls": True, "verify": True, "verify_name": True}),
        ("ssl:host:9989", {"tls": True, "verify": False}),
        (
            "SSL:host=h:port=2:caCertsDir={here}",
            {"tls": True, "verify": True, "verify_name": False},
        ),
        ("tls:h:2:trustRoots={here}:certificate={here}", {"tls": True, "private_key": "{here}"}),
        ("unix:/run/x", {"unix_path": "/run/x"}),
        ("ws://h:99/p?q=1", {"host": "h", "port": 99, "path": "/p?q=1", "tls": False}),
        ("wss://h", {"host": "h", "port": 443, "path": "/", "tls": True}),
    ],
)
def test_connection_strings(tmp_path: Path, text: str, expected: dict[str, Any]) -> None:
    found = parse(text.replace("{here}", str(tmp_path)))

    for name, value in expected.items():
        if isinstance(value, str):
            value = value.replace("{here}", str(tmp_path))
        assert getattr(found, name) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tcp",
        "tcp:h",
        "tcp:h:x",
        "udp:h:1",
        "unix:",
        "ws://",
        "tls:h:1:trustRoots=/none",
        "tcp:h:1:timeout=x",
    ],
)
def test_connection_strings_that_cannot_be_used(text: str) -> None:
    with pytest.raises(EndpointError, match="connection string"):
        parse(text)


def test_host_and_port_make_an_endpoint_with_tls_if_wanted() -> None:
    found = endpoint_of(Settings("/b", "w", "p", "h", 5, use_tls=True, path="/x"))

    assert (found.host, found.port, found.tls, found.verify, found.path) == (
        "h",
        5,
        True,
        True,
        "/x",
    )


@pytest.mark.parametrize(
    "text, expected",
    [
        ("proxy:3128", ("proxy", 3128, None)),
        ("http://me:p%40ss@proxy:3128", ("proxy", 3128, "me:p@ss")),
    ],
)
def test_proxies(text: str, expected: Any) -> None:
    assert parse_proxy(text) == expected


def test_a_proxy_without_port_is_refused() -> None:
    with pytest.raises(ValueError, match="host:port"):
        parse_proxy("proxy")


@pytest.mark.parametrize(
    "kept, names",
    [
        (2, ["log", "log.1", "log.2"]),
        (0, ["log"]),
        (None, ["log", *(f"log.{n}" for n in range(1, 6))]),
    ],
)
def test_the_log_is_rotated_by_size(tmp_path: Path, kept: Any, names: list[str]) -> None:
    handler = RotatedLog(str(tmp_path / "log"), 100, kept)
    for number in range(10):
        handler.emit(logging.makeLogRecord({"msg": f"line {number} " + "x" * 30, "created": 0.0}))
    handler.close()

    assert sorted(path.name for path in tmp_path.iterdir()) == names
    if kept == 2:
        newest = (tmp_path / "log.1").read_text()
        assert newest.count("[-] line") == 2 and "line 9 " in newest


def test_os_release_becomes_keys() -> None:
    text = '# comment\nID=debian\nPRETTY_NAME="Debian GNU/Linux 12"\n\nBAD="x\nEMPTY=\n'

    assert parse_os_release(text) == {
        "os_id": "debian",
        "os_pretty_name": "Debian GNU/Linux 12",
        "os_empty": "",
    }


def test_the_worker_tells_of_itself(tmp_path: Path) -> None:
    (tmp_path / "info").mkdir()
    (tmp_path / "info" / "admin").write_text("me\n")
    (tmp_path / "info" / "folder").mkdir()

    info = worker_info(Settings(str(tmp_path), "w", "p", "h", 1, numcpus=7, delete_leftover_dirs=1))

    assert (info["admin"], info["numcpus"], info["basedir"]) == ("me\n", 7, str(tmp_path))
    assert (info["system"], info["delete_leftover_dirs"]) == ("posix", 1)
    assert info["worker_commands"] == dict.fromkeys(COMMANDS, "3.3")
    assert info["environ"]["PATH"]
    assert info_files(str(tmp_path / "nowhere")) == {}
