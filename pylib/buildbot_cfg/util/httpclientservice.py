# SPDX-License-Identifier: MIT
"""HTTP requests of services and steps; nothing but the standard library is needed.

Requests are made in threads of their own, at most 20 at a time. All verbs give awaitables,
Deferreds once Twisted is imported. An answer of any status is an answer; only when there is none,
an OSError is raised.
"""

from __future__ import annotations

import asyncio
import json as json_
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from buildbot_cfg import _bridge
from buildbot_cfg._tasks import begun, promised
from buildbot_cfg.util import _http_request
from buildbot_cfg.util._http_request import Answer, Request

__all__ = ["HTTPClientService", "HTTPSession", "Response"]

MAX_THREADS = 20

T = TypeVar("T")


class Response:
    """An answer.

    Attributes:
        code: the status, an integer.
        url: where it came from, redirects followed.
        headers: a dict.
    """

    def __init__(self, answer: Answer) -> None:
        self.code, self.url, self.headers = answer.code, answer.url, dict(answer.headers)
        self._body = answer.body

    @promised
    async def content(self) -> bytes:
        """The body."""
        return self._body

    @promised
    async def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: it is none.
        """
        return json_.loads(self._body)

    def __repr__(self) -> str:
        return f"<Response {self.code} of {self.url}>"


class HTTPSession:
    """Requests of one server: ``await HTTPSession(self.master.httpservice, "https://example.org").get("/api")``.

    Args:
        http: ``self.master.httpservice``.
        base_url: what all addresses begin with.
        auth: (user, password).
        headers: of all requests; they win over those of a single one, as in Buildbot.
        verify: False: any certificate will do; a string: file of the authorities.
        cert: file of the own certificate, or (certificate, key).
        debug: log each request.
        skip_encoding: accepted; there is no difference.

    Example:
        >>> HTTPSession(None, "https://example.org/", headers={"Accept": "text/plain"}).base_url
        'https://example.org'
    """

    def __init__(
        self,
        http: Any,
        base_url: str,
        auth: tuple[str, str] | None = None,
        headers: dict[str, str] | None = None,
        verify: bool | str | None = None,
        cert: Any = None,
        debug: bool = False,
        skip_encoding: bool = False,
    ) -> None:
        self.http = http
        self.base_url = base_url.rstrip("/")
        self.auth, self.verify, self.cert, self.debug = auth, verify, cert, debug
        self.headers = dict(headers or {})

    def update_headers(self, headers: dict[str, str]) -> None:
        """Sends these, too, from now on."""
        self.headers.update(headers)

    def get(self, ep: str, **kwargs: Any) -> Awaitable[Response]:
        """GET of an address below the base: "" or one that begins with a slash.

        Args:
            ep: the address.
            kwargs: of params, headers, data, json, files, auth, timeout (seconds),
                allow_redirects, verify, cert.
        """
        return self._begin("GET", ep, kwargs)

    def put(self, ep: str, **kwargs: Any) -> Awaitable[Response]:
        """PUT; see ``get``."""
        return self._begin("PUT", ep, kwargs)

    def delete(self, ep: str, **kwargs: Any) -> Awaitable[Response]:
        """DELETE; see ``get``."""
        return self._begin("DELETE", ep, kwargs)

    def post(self, ep: str, **kwargs: Any) -> Awaitable[Response]:
        """POST; see ``get``."""
        return self._begin("POST", ep, kwargs)

    def _begin(self, method: str, ep: str, kwargs: dict[str, Any]) -> Awaitable[Response]:
        return self._do(self._request(method, ep, **kwargs))

    def _request(
        self,
        method: str,
        ep: str,
        params: Any = None,
        headers: dict[str, str] | None = None,
        data: Any = None,
        json: Any = None,
        files: Any = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = True,
        verify: bool | str | None = None,
        cert: Any = None,
    ) -> Request:
        if ep.startswith(("http://", "https://")):
            url = ep
        elif not ep or ep.startswith("/"):
            url = self.base_url + ep
        else:
            raise AssertionError(f"the address must be empty or begin with a slash: {ep!r}")
        body, kind = _http_request.body_of(data, json, files)
        own = {} if kind is None else {"Content-Type": kind}
        if who := auth or self.auth:
            own["Authorization"] = _http_request.basic(who)
        return Request(
            method,
            _http_request.with_query(url, params),
            own | (headers or {}) | self.headers,
            body,
            timeout,
            allow_redirects,
            self.verify if verify is None else verify,
            self.cert if cert is None else cert,
        )

    @begun
    async def _do(self, request: Request) -> Response:
        if self.debug:
            _bridge.log("info", f"http {request.method} {request.url}")
        answer = await _in_thread(lambda: _http_request.send(request))
        if self.debug:
            size = len(answer.body)
            _bridge.log("info", f"http {request.method} {request.url}: {answer.code}, {size} bytes")
        return Response(answer)


class HTTPClientService(HTTPSession):
    """The same under its older name; services share one with the same arguments.

    Example:
        >>> service = HTTPClientService("https://example.org")
        >>> service.updateHeaders({"Accept": "text/plain"})
    """

    MAX_THREADS = MAX_THREADS
    PREFER_TREQ = False

    def __init__(
        self,
        base_url: str,
        auth: tuple[str, str] | None = None,
        headers: dict[str, str] | None = None,
        verify: bool | str | None = None,
        cert: Any = None,
        debug: bool = False,
        skipEncoding: bool = False,
    ) -> None:
        super().__init__(None, base_url, auth, headers, verify, cert, debug, skipEncoding)

    @classmethod
    @promised
    async def getService(cls, master: Any, *args: Any, **kwargs: Any) -> HTTPClientService:
        """The one that was made with these arguments, for the life of the master.

        Args:
            master: the running master.
            args: of the class.
            kwargs: of the class.
        """
        key = (cls, repr(args), repr(sorted(kwargs.items())))
        if key not in _shared:
            _shared[key] = cls(*args, **kwargs)
        return _shared[key]

    updateHeaders = HTTPSession.update_headers

    @staticmethod
    def checkAvailable(from_module: str) -> None:
        """Nothing is missing ever."""


_shared: dict[Any, HTTPClientService] = {}
_places = threading.BoundedSemaphore(MAX_THREADS)


async def _in_thread(work: Callable[[], T]) -> T:
    """The work's result; the thread does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        with _places:
            try:
                result = work()
            except Exception as raised:  # told to who waits
                error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=run, name="http", daemon=True).start()
    return await answer
