# SPDX-License-Identifier: MIT
"""Steps that make an HTTP request from the master; they need the package ``requests``."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from buildbot_cfg._errors import report
from buildbot_cfg.process import _summary
from buildbot_cfg.process._rendering import is_renderable
from buildbot_cfg.process.buildstep import BuildStep
from buildbot_cfg.process.results import FAILURE, SUCCESS

__all__ = [
    "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT", "HTTPStep", "closeSession", "getSession",
    "setSession",
]  # fmt: skip

_METHODS = ("POST", "GET", "PUT", "DELETE", "HEAD", "OPTIONS")
_session: Any = None


def getSession() -> Any:
    """The session of all requests, made when it is first needed."""
    global _session
    if _session is None:
        import requests

        _session = requests.Session()
    return _session


def setSession(session: Any) -> None:
    """Replaces the session."""
    global _session
    _session = session


def closeSession() -> None:
    """Closes the session."""
    global _session
    if _session is not None:
        _session.close()
        _session = None


class HTTPStep(BuildStep):
    """Makes a request; a status of 400 and more is a failure.

    All further arguments are those of ``requests.request``: params, data, json, headers, cookies,
    files, auth, timeout, allow_redirects, proxies, hooks, stream, verify, cert.

    Args:
        url: where to.
        method: POST, GET, PUT, DELETE, HEAD or OPTIONS.
        hide_request_headers: a list of names whose values are not shown.
        hide_response_headers: the same for the answer.

    Example:
        >>> POST("https://deploy.example.org/start", json={"stage": "test"}).method
        'POST'
    """

    name = "HTTPStep"
    description = "Requesting"
    descriptionDone = "Requested"
    requestsParams: ClassVar[list[str]] = [
        "params",
        "data",
        "json",
        "headers",
        "cookies",
        "files",
        "auth",
        "timeout",
        "allow_redirects",
        "proxies",
        "hooks",
        "stream",
        "verify",
        "cert",
    ]
    renderables: ClassVar[list[str]] = [*requestsParams, "method", "url"]
    session: Any = None

    def __init__(
        self,
        url: Any,
        method: Any,
        hide_request_headers: Any = None,
        hide_response_headers: Any = None,
        **kwargs: Any,
    ) -> None:
        _check_package()
        if method not in _METHODS and not is_renderable(method):
            report(f'"method" must be one of {", ".join(_METHODS)}, not {method!r}', "HTTPStep")
        for name in self.requestsParams:
            setattr(self, name, kwargs.pop(name, None))
        super().__init__(**kwargs)
        self.url, self.method = url, method
        self.hide_request_headers = _lowered(hide_request_headers)
        self.hide_response_headers = _lowered(hide_response_headers)
        self._status: int | None = None

    async def run(self) -> int:
        """Makes the request, in a thread."""
        import requests

        log: Any = await self.addLog("log")
        log.addHeader(f"Performing {self.method} request to {self.url}\n")
        for title, given in (("Parameters", self.params), ("Data", self.data)):  # type: ignore[attr-defined]
            if given:
                log.addHeader(f"{title}:\n{_listed(given)}")
        arguments = {name: getattr(self, name) for name in self.requestsParams}
        arguments = {name: value for name, value in arguments.items() if value is not None}
        session = self.session or getSession()
        try:
            response = await asyncio.to_thread(
                session.request, method=self.method, url=self.url, **arguments
            )
        except requests.exceptions.RequestException as error:
            log.addStderr(f"An exception occurred while performing the request: {error}")
            await log.finish()
            return FAILURE
        await self._show(log, response)
        self._status = response.status_code
        return SUCCESS if response.status_code < 400 else FAILURE

    async def _show(self, log: Any, response: Any) -> None:
        if response.history:
            log.addStdout(f"\nRedirected {len(response.history)} times:\n\n")
            for before in response.history:
                await _done(self.log_response(log, before))
                log.addStdout("=" * 60 + "\n")
        await _done(self.log_response(log, response))
        await log.finish()

    async def log_response(self, log: Any, response: Any) -> None:
        """Shows one answer, and the headers of its request."""
        log.addHeader("Request Headers:\n")
        log.addHeader(_listed(response.request.headers, self.hide_request_headers))
        log.addStdout(f"URL: {response.url}\n")
        add = log.addStdout if response.status_code == 200 else log.addStderr
        add(f"Status: {response.status_code}\n")
        log.addHeader("Response Headers:\n")
        log.addHeader(_listed(response.headers, self.hide_response_headers))
        log.addStdout(f" ------ Content ------\n{response.text}")
        content: Any = await self.addLog("content")
        content.addStdout(response.text)
        await content.finish()

    def getResultSummary(self) -> Any:
        """The status."""
        if self._status is None:
            return super().getResultSummary()
        text = _summary.with_suffix(self, f"Status code: {self._status}")
        return {"step": _summary.outcome(self, text)}


def _check_package() -> None:
    import importlib.util

    if importlib.util.find_spec("requests") is None:
        report(
            "HTTP steps need the package requests: install it beside Kilnbot",
            "HTTPStep",
        )


def _lowered(names: Iterable[str] | None) -> set[str]:
    return {name.lower() for name in names or ()}


def _listed(given: Any, hidden: Iterable[str] = ()) -> str:
    if not isinstance(given, Mapping):
        return f"\t{given}\n"
    return "".join(
        f"\t{name}: {'<HIDDEN>' if str(name).lower() in hidden else value}\n"
        for name, value in given.items()
    )


async def _done(answer: Any) -> None:
    if inspect.isawaitable(answer):
        await answer


class POST(HTTPStep):
    """Makes a POST request."""

    def __init__(self, url: Any, **kwargs: Any) -> None:
        super().__init__(url, method="POST", **kwargs)


class GET(HTTPStep):
    """Makes a GET request."""

    def __init__(self, url: Any, **kwargs: Any) -> None:
        super().__init__(url, method="GET", **kwargs)


class PUT(HTTPStep):
    """Makes a PUT request."""

    def __init__(self, url: Any, **kwargs: Any) -> None:
        super().__init__(url, method="PUT", **kwargs)


class DELETE(HTTPStep):
    """Makes a DELETE request."""

    def __init__(self, url: Any, **kwargs: Any) -> None:
        super().__init__(url, method="DELETE", **kwargs)


class HEAD(HTTPStep):
    """Makes a HEAD request."""

    def __init__(self, url: Any, **kwargs: Any) -> None:
        super().__init__(url, method="HEAD", **kwargs)


class OPTIONS(HTTPStep):
    """Makes an OPTIONS request."""

    def __init__(self, url: Any, **kwargs: Any) -> None:
        super().__init__(url, method="OPTIONS", **kwargs)
