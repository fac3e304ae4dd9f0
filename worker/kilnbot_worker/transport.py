# SPDX-License-Identifier: MIT
"""Connecting: TCP, TLS, Unix sockets, through an HTTP proxy; and what a connection is."""

from __future__ import annotations

import abc
import asyncio
import base64
import contextlib
import logging
import os
import socket
import ssl
import urllib.parse
from typing import Any, Optional, Tuple

from kilnbot_worker.endpoint import Endpoint

log = logging.getLogger(__name__)

CONNECT_LIMIT_S = 60.0
HIGH_WATER = 1024 * 1024  # unsent bytes from which on commands have to wait


class Owner(abc.ABC):
    """Who uses a connection."""

    connection: Connection

    @abc.abstractmethod
    def data_received(self, data: bytes) -> None:
        """Takes bytes from the master; raises when they cannot be right."""

    @abc.abstractmethod
    def closed(self) -> None:
        """The connection is gone."""


class Connection(asyncio.Protocol):
    """Bytes to and from the master. `closed` is set at the end."""

    transport: Any

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self.closed = asyncio.Event()
        self.error: Optional[str] = None
        self._drained = asyncio.Event()
        self._drained.set()
        self.received = 0  # bytes, which show that the master is alive

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._owner.connection = self
        transport.set_write_buffer_limits(high=HIGH_WATER)
        found = transport.get_extra_info("socket")
        if found is not None and found.family in (socket.AF_INET, socket.AF_INET6):
            keep_alive(found)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        try:
            self._owner.data_received(data)
        except Exception as error:
            self.fail(f"the master sent something wrong: {error}")

    def fail(self, why: str) -> None:
        """Drops the connection."""
        if self.error is None:
            self.error = why
        self.transport.abort()

    def write(self, data: bytes) -> None:
        if not self.closed.is_set():
            self.transport.write(data)

    def pause_writing(self) -> None:
        self._drained.clear()

    def resume_writing(self) -> None:
        self._drained.set()

    @property
    def congested(self) -> bool:
        return not self._drained.is_set()

    async def drained(self) -> None:
        await self._drained.wait()

    def connection_lost(self, error: Optional[Exception]) -> None:
        if self.error is None and error is not None:
            self.error = str(error)
        self.closed.set()
        self._drained.set()
        self._owner.closed()


def keep_alive(connected: Any) -> None:
    """A peer whose host is gone is noticed within about three minutes."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    with contextlib.suppress(OSError):
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 4)):
        option = getattr(socket, name, None)
        if option is not None:
            with contextlib.suppress(OSError):
                connected.setsockopt(socket.IPPROTO_TCP, option, value)


async def connect(endpoint: Endpoint, proxy: Optional[str], owner: Owner) -> Connection:
    """A connection to the master. Raises OSError (also of TLS) or asyncio.TimeoutError."""
    limit_s = endpoint.timeout or CONNECT_LIMIT_S
    return await asyncio.wait_for(_connect(endpoint, proxy, owner), limit_s)


async def _connect(endpoint: Endpoint, proxy: Optional[str], owner: Owner) -> Connection:
    loop = asyncio.get_running_loop()
    context = tls_context(endpoint)
    options: Any = {}
    if context is not None:
        options = {"ssl": context, "server_hostname": endpoint.verified_name or endpoint.host}

    def make() -> Connection:
        return Connection(owner)

    if endpoint.unix_path is not None:
        _, made = await loop.create_unix_connection(make, endpoint.unix_path)
    elif proxy is not None:
        tunnel = await _tunnel(proxy, endpoint.host, endpoint.port)
        _, made = await loop.create_connection(make, sock=tunnel, **options)
    else:
        local = (endpoint.bind_address, 0) if endpoint.bind_address else None
        _, made = await loop.create_connection(
            make, endpoint.host, endpoint.port, local_addr=local, **options
        )
    return made


def tls_context(endpoint: Endpoint) -> Optional[ssl.SSLContext]:
    """Verifies certificate and name unless the endpoint is a plain ``ssl:`` without authorities."""
    if not endpoint.tls:
        return None
    context = ssl.create_default_context()
    if endpoint.trust_roots is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _load_roots(context, endpoint.trust_roots)
    if not endpoint.verify:
        log.warning("the master's certificate is not verified: give caCertsDir, or use 'tls:'")
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif endpoint.verified_name is None and not endpoint.verify_name:
        context.check_hostname = False
    if endpoint.certificate is not None:
        context.load_cert_chain(endpoint.certificate, endpoint.private_key)
    return context


def _load_roots(context: ssl.SSLContext, place: str) -> None:
    if os.path.isdir(place):
        for name in sorted(os.listdir(place)):
            if name.endswith(".pem"):
                context.load_verify_locations(os.path.join(place, name))
    else:
        context.load_verify_locations(place)


def parse_proxy(text: str) -> Tuple[str, int, Optional[str]]:
    """Host, port and credentials of ``[http://][user:password@]host:port``."""
    parsed = urllib.parse.urlsplit(text if "//" in text else f"//{text}")
    if not parsed.hostname or not parsed.port:
        raise ValueError(f"proxy_connection_string {text!r} is not 'host:port'")
    credentials = None
    if parsed.username is not None:
        credentials = urllib.parse.unquote(f"{parsed.username}:{parsed.password or ''}")
    return parsed.hostname, parsed.port, credentials


async def _tunnel(proxy: str, host: str, port: int) -> socket.socket:
    """A socket through the proxy to the master."""
    proxy_host, proxy_port, credentials = parse_proxy(proxy)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(proxy_host, proxy_port, type=socket.SOCK_STREAM)
    family, kind, number, _, address = found[0]
    made = socket.socket(family, kind, number)
    try:
        made.setblocking(False)
        await loop.sock_connect(made, address)
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        request = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"
        if credentials is not None:
            encoded = base64.b64encode(credentials.encode()).decode()
            request += f"Proxy-Authorization: Basic {encoded}\r\n"
        await loop.sock_sendall(made, (request + "\r\n").encode())
        await _read_answer(made, proxy)
    except BaseException:
        made.close()
        raise
    return made


async def _read_answer(tunnel: socket.socket, proxy: str) -> None:
    """Takes the proxy's answer and not a byte more."""
    loop = asyncio.get_running_loop()
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        byte = await loop.sock_recv(tunnel, 1)
        if not byte or len(answer) > 16_384:
            raise OSError(f"the proxy {proxy} gave no proper answer")
        answer += byte
    status = answer.split(b"\r\n", 1)[0].split(b" ", 2)
    if len(status) < 2 or status[1] != b"200":
        raise OSError(f"the proxy {proxy} refused: {answer.splitlines()[0].decode('latin-1')}")
