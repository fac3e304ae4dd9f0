# SPDX-License-Identifier: MIT
"""Where the master is: from host and port, or from a connection string."""

from __future__ import annotations

import os
import urllib.parse
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from kilnbot_worker.settings import Settings


class EndpointError(Exception):
    """A connection string that cannot be used."""


@dataclass
class Endpoint:
    """An address. `verified_name` is the name the certificate must have, the host unless given."""

    host: str = ""
    port: int = 0
    path: str = "/"  # of a websocket
    tls: bool = False
    verify: bool = True
    verify_name: bool = True
    verified_name: Optional[str] = None
    trust_roots: Optional[str] = None
    certificate: Optional[str] = None
    private_key: Optional[str] = None
    bind_address: Optional[str] = None
    timeout: Optional[float] = None
    unix_path: Optional[str] = None


def endpoint_of(settings: Settings) -> Endpoint:
    """Raises EndpointError."""
    if settings.connection_string is not None:
        endpoint = parse(settings.connection_string)
        if endpoint.path == "/":
            endpoint.path = settings.path
        return endpoint
    assert settings.buildmaster_host is not None
    assert settings.port is not None
    host, port = settings.buildmaster_host, settings.port
    return Endpoint(host, port, settings.path, tls=bool(settings.use_tls))


def parse(text: str) -> Endpoint:
    """A connection string: ``tcp:``, ``ssl:``, ``tls:``, ``unix:`` or a websocket's URL."""
    kind = text.split(":", 1)[0].lower()
    if kind in ("ws", "wss"):
        return _websocket(text)
    plain, named = split(text)
    if kind == "unix":
        path = named.get("path") or (plain[1] if len(plain) > 1 else "")
        if not path:
            raise EndpointError(f"connection string {text!r} has no path")
        return Endpoint(unix_path=path)
    if kind not in ("tcp", "tcp4", "tcp6", "ssl", "tls"):
        raise EndpointError(f"connection string {text!r}: unknown kind {kind!r}")
    endpoint = _address(text, plain, named)
    if kind == "ssl":
        _ssl(endpoint, named)
    elif kind == "tls":
        endpoint.tls = True
        endpoint.trust_roots = named.get("trustRoots")
        endpoint.certificate = named.get("certificate")
        endpoint.private_key = named.get("privateKey") or endpoint.certificate
    _check_files(text, endpoint)
    return endpoint


def _websocket(text: str) -> Endpoint:
    parsed = urllib.parse.urlsplit(text)
    tls = parsed.scheme == "wss"
    if not parsed.hostname:
        raise EndpointError(f"connection string {text!r} has no host")
    path = parsed.path or "/"
    if parsed.query:
        path += f"?{parsed.query}"
    return Endpoint(parsed.hostname, parsed.port or (443 if tls else 80), path, tls=tls)


def split(text: str) -> Tuple[List[str], Dict[str, str]]:
    """The plain and the named parts between the colons; a backslash makes a colon a letter."""
    parts, current, escaped = [], "", False
    for letter in text:
        if escaped or letter not in ":\\":
            current += letter
            escaped = False
        elif letter == "\\":
            escaped = True
        else:
            parts.append(current)
            current = ""
    parts.append(current)
    plain = [part for part in parts if "=" not in part]
    named = dict(part.split("=", 1) for part in parts if "=" in part)
    return plain, named


def _address(text: str, plain: List[str], named: Dict[str, str]) -> Endpoint:
    host = named.get("host") or (plain[1] if len(plain) > 1 else "")
    last = plain[2] if len(plain) > 2 else plain[-1] if "host" in named else ""
    port = named.get("port") or last
    if not host or not port.isdigit():
        raise EndpointError(f"connection string {text!r} needs a host and a port")
    endpoint = Endpoint(host, int(port), bind_address=named.get("bindAddress"))
    if "timeout" in named:
        try:
            endpoint.timeout = float(named["timeout"])
        except ValueError:
            raise EndpointError(f"connection string {text!r}: timeout is no number") from None
    return endpoint


def _ssl(endpoint: Endpoint, named: Dict[str, str]) -> None:
    """As with Twisted: without authorities nothing is verified, without a name no name."""
    endpoint.tls = True
    endpoint.trust_roots = named.get("caCertsDir")
    endpoint.verified_name = named.get("hostname")
    endpoint.verify = endpoint.trust_roots is not None or endpoint.verified_name is not None
    endpoint.verify_name = endpoint.verified_name is not None
    endpoint.certificate = named.get("certKey")
    endpoint.private_key = named.get("privateKey") or endpoint.certificate


def _check_files(text: str, endpoint: Endpoint) -> None:
    for path in (endpoint.trust_roots, endpoint.certificate, endpoint.private_key):
        if path is not None and not os.path.exists(path):
            raise EndpointError(f"connection string {text!r}: there is no {path}")
