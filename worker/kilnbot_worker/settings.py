# SPDX-License-Identifier: MIT
"""The worker's settings, as its buildbot.tac gives them."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from typing import Any, Dict, List, Optional

from kilnbot_worker.tac import Call, TacError, Value, read_tac

PROTOCOLS = ("pb", "msgpack_experimental_v7")
_POSITIONAL = (
    "buildmaster_host", "port", "workername", "passwd", "basedir", "keepalive",
    "keepaliveTimeout", "umask", "maxdelay", "numcpus", "unicode_encoding", "protocol",
)  # fmt: skip
_KEYWORDS = {
    "maxRetries": "maxretries",
    "useTls": "use_tls",
    "name": "workername",
    "host": "buildmaster_host",
}

# None means "off" or "without limit" for these, which is not what leaving them out means.
_MAY_BE_NONE = ("keepalive", "rotateLength", "maxRotatedFiles", "maxretries", "umask", "numcpus")


@dataclass
class Settings:
    """One worker. Names are those of buildbot.tac."""

    basedir: str
    workername: str
    passwd: str
    buildmaster_host: Optional[str] = None
    port: Optional[int] = None
    connection_string: Optional[str] = None
    keepalive: Optional[float] = 600
    umask: Optional[int] = None
    maxdelay: float = 300
    numcpus: Optional[int] = None
    allow_shutdown: Optional[str] = None
    maxretries: Optional[int] = None
    use_tls: bool = False
    delete_leftover_dirs: int = 0
    proxy_connection_string: Optional[str] = None
    protocol: str = "pb"
    path: str = "/"
    unicode_encoding: str = "utf-8"
    rotateLength: Optional[int] = 10_000_000  # noqa: N815 - the tac's name
    maxRotatedFiles: Optional[int] = 10  # noqa: N815
    rotates: bool = True
    logs_to_stdout: bool = False


def load(basedir: str) -> Settings:
    """The settings in `basedir`/buildbot.tac. Raises TacError saying what is wrong where."""
    path = os.path.join(basedir, "buildbot.tac")
    names, calls = read_tac(path)
    found = _worker_arguments(calls)
    merged = {field.name: names[field.name] for field in fields(Settings) if field.name in names}
    for name, value in found.items():
        if value is not Value.UNKNOWN:
            merged[name] = value
    merged["basedir"] = os.path.abspath(merged.get("basedir") or basedir)
    merged["rotates"] = any(call.name == "fromFullPath" for call in calls)
    merged["logs_to_stdout"] = _logs_to_stdout(path)
    return _checked(path, {k: v for k, v in merged.items() if v is not None or k in _MAY_BE_NONE})


def _logs_to_stdout(path: str) -> bool:
    """Whether the file gives its log observer sys.stdout, as container images do."""
    with open(path, encoding="utf-8") as source:
        return "FileLogObserver(sys.stdout)" in source.read()


def _worker_arguments(calls: List[Call]) -> Dict[str, Any]:
    """The arguments of the last call of ``Worker``, where a tac may hold its values directly."""
    found: Dict[str, Any] = {}
    for call in calls:
        if call.name in ("Worker", "BuildSlave"):
            found = dict(zip(_POSITIONAL, call.args))
            found.update({_KEYWORDS.get(key, key): value for key, value in call.keywords.items()})
    known = {field.name for field in fields(Settings)}
    return {name: value for name, value in found.items() if name in known}


def _checked(path: str, values: Dict[str, Any]) -> Settings:
    for name, value in values.items():
        if value is Value.UNKNOWN:
            raise TacError(f"{path}: the value of {name} is known only by running the file")
    missing = [name for name in ("workername", "passwd") if name not in values]
    if missing:
        raise TacError(f"{path}: {' and '.join(missing)} is not set: is this a worker's directory?")
    settings = Settings(**values)
    if settings.protocol not in PROTOCOLS:
        raise TacError(
            f"{path}: protocol {settings.protocol!r} is unknown; use one of {', '.join(PROTOCOLS)}"
        )
    if settings.allow_shutdown not in (None, "signal", "file"):
        raise TacError(f"{path}: allow_shutdown is 'signal', 'file' or None")
    if settings.connection_string is None and not settings.buildmaster_host:
        raise TacError(f"{path}: neither buildmaster_host nor connection_string is set")
    if settings.connection_string is None and not isinstance(settings.port, int):
        raise TacError(f"{path}: port must be a number, it is {settings.port!r}")
    return settings
