# SPDX-License-Identifier: MIT
"""One HTTP request, made by the standard library; it blocks its thread."""

from __future__ import annotations

import base64
import json as json_
import ssl
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be sent, and how."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout: float | None = None
    allow_redirects: bool = True
    verify: bool | str | None = None
    cert: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body, whatever the status is."""

    code: int
    url: str
    headers: Mapping[str, str]
    body: bytes


def body_of(data: Any, json: Any, files: Any) -> tuple[bytes | None, str | None]:
    """The body and its type: at most one of the three is given; ``data`` goes with ``files``."""
    if files is not None:
        return _multipart(data, files)
    if json is not None:
        return json_.dumps(json).encode(), "application/json"
    if data is None or isinstance(data, bytes):
        return data, None
    if isinstance(data, str):
        return data.encode(), None
    if isinstance(data, (dict, list, tuple)):
        return urllib.parse.urlencode(
            data, doseq=True
        ).encode(), "application/x-www-form-urlencoded"
    return data.read(), None


def with_query(url: str, params: Any) -> str:
    """The URL with parameters: a dict or pairs; a list as a value repeats its name."""
    if not params:
        return url
    pairs = params.items() if isinstance(params, Mapping) else params
    given = [(name, value) for name, value in pairs if value is not None]
    text = urllib.parse.urlencode(given, doseq=True)
    return f"{url}{'&' if '?' in url else '?'}{text}"


def basic(auth: Any) -> str:
    """The header for a (user, password)."""
    user, password = auth
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _multipart(data: Any, files: Any) -> tuple[bytes, str]:
    boundary = uuid.uuid4().hex
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + str(value).encode()
        for name, value in (data or {}).items()
    ]
    for name, file, content, kind in _files(files):
        head = f'Content-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
        parts.append(f"{head}Content-Type: {kind}\r\n\r\n".encode() + content)
    edge = f"--{boundary}\r\n".encode()
    body = b"".join(edge + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def _files(files: Any) -> Iterator[tuple[str, str, bytes, str]]:
    """Name, file name, content and type of each: a file, or (file name, content[, type])."""
    for name, given in files.items() if isinstance(files, Mapping) else files:
        file, content, kind = name, given, "application/octet-stream"
        if isinstance(given, (tuple, list)):
            file, content = given[0], given[1]
            kind = given[2] if len(given) > 2 else kind
        if hasattr(content, "read"):
            content = content.read()
        yield name, file, content.encode() if isinstance(content, str) else content, kind


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows them; what proves who one is goes to no other server."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        if new is not None and new.host != req.host:
            new.headers.pop("Authorization", None)
        return new


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def _security(request: Request) -> ssl.SSLContext:
    cafile = request.verify if isinstance(request.verify, str) else None
    context = ssl.create_default_context(cafile=cafile)
    if request.verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if request.cert:
        pair = (request.cert,) if isinstance(request.cert, str) else request.cert
        context.load_cert_chain(*pair)
    return context


def send(request: Request) -> Answer:
    """Sends it and reads the whole answer.

    Raises:
        OSError: nothing came of it (also urllib.error.URLError, ssl.SSLError, TimeoutError).
    """
    handlers: list[Any] = [_Redirects() if request.allow_redirects else _NoRedirects()]
    if request.url.startswith("https:"):
        handlers.append(urllib.request.HTTPSHandler(context=_security(request)))
    opener = urllib.request.build_opener(*handlers)
    opener.addheaders = [("User-Agent", "kilnbot"), ("Accept", "*/*")]
    made = urllib.request.Request(
        request.url, request.body, dict(request.headers), method=request.method
    )
    try:
        with opener.open(made, timeout=request.timeout) as reply:
            return Answer(reply.status, reply.url, dict(reply.headers), reply.read())
    except urllib.error.HTTPError as reply:
        with reply:
            return Answer(reply.code, reply.url, dict(reply.headers), reply.read())
