# SPDX-License-Identifier: MIT
"""HTTPClientService and HTTPSession against a real server on this machine."""

from __future__ import annotations

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from buildbot.util import httpclientservice
from buildbot.util.httpclientservice import HTTPClientService, HTTPSession


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked; /missing is 404, /redirect leads to /landed, /slow waits."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        path = self.path.split("?")[0]
        if path.endswith("/slow"):
            self.server.gate.wait(30)
        if path.endswith("/elsewhere"):
            return self.answer(302, b"", Location=self.server.other)
        if path.endswith("/redirect"):
            return self.answer(302, b"", Location="/landed")
        if path.endswith("/text"):
            return self.answer(200, b"no json")
        asked = {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body}  # fmt: skip
        return self.answer(404 if path.endswith("/missing") else 200, json.dumps(asked).encode())

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_DELETE = do_GET


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    made.daemon_threads = True
    made.gate = threading.Event()
    made.url = f"http://127.0.0.1:{made.server_port}"
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.gate.set()
    made.shutdown()
    thread.join(10)
    made.server_close()


def asked(run, call):
    """What the server saw."""

    async def go():
        response = await call()
        return await response.json()

    return run(go())


CALLS = [
    (lambda s: s.get("/x"), "GET", "/base/x", ""),
    (lambda s: s.get(""), "GET", "/base", ""),
    (lambda s: s.get("/x", params={"a": "1 2", "b": ["x", "y"], "c": None}), "GET", "/base/x?a=1+2&b=x&b=y", ""),
    (lambda s: s.post("/p", json={"z": [1]}), "POST", "/base/p", '{"z": [1]}'),
    (lambda s: s.post("/p", data={"k": "v w"}), "POST", "/base/p", "k=v+w"),
    (lambda s: s.post("/p", data=b"raw"), "POST", "/base/p", "raw"),
    (lambda s: s.post("/p", data="text"), "POST", "/base/p", "text"),
    (lambda s: s.put("/q", json=[1]), "PUT", "/base/q", "[1]"),
    (lambda s: s.delete("/d"), "DELETE", "/base/d", ""),
]  # fmt: skip


@pytest.mark.parametrize(("call", "method", "path", "body"), CALLS)
def test_requests_arrive_as_they_were_meant(server, run, call, method, path, body):
    session = HTTPSession(None, server.url + "/base/", auth=("ann", "pw"), headers={"X-A": "1"})

    seen = asked(run, lambda: call(session))

    assert (seen["method"], seen["path"], seen["body"]) == (method, path, body)
    assert seen["headers"]["X-A"] == "1"
    assert seen["headers"]["Authorization"] == "Basic YW5uOnB3"
    kind = seen["headers"].get("Content-Type")
    assert kind == ("application/json" if body[:1] in ("{", "[") else kind)


def test_headers_and_logins_of_a_single_request(server, run):
    session = HTTPSession(None, server.url, headers={"X-A": "1"})
    session.update_headers({"X-C": "3"})

    seen = asked(run, lambda: session.get("/", headers={"X-A": "9", "X-B": "2"}, auth=("a", "b")))

    headers = seen["headers"]
    assert (headers["X-A"], headers["X-B"], headers["X-C"]) == ("1", "2", "3")
    assert headers["Authorization"] == "Basic YTpi"


def test_files_are_sent_as_a_form(server, run):
    session = HTTPSession(None, server.url)

    seen = asked(
        run, lambda: session.post("/", data={"why": "so"}, files={"f": ("n.txt", b"data")})
    )

    assert seen["headers"]["Content-Type"].startswith("multipart/form-data; boundary=")
    assert 'name="why"\r\n\r\nso\r\n' in seen["body"]
    assert 'name="f"; filename="n.txt"' in seen["body"]
    assert "\r\n\r\ndata\r\n" in seen["body"]


def test_every_status_is_an_answer(server, run):
    async def go():
        session = HTTPSession(None, server.url)
        missing = await session.get("/missing")
        landed = await session.get("/redirect")
        held = await session.get("/redirect", allow_redirects=False)
        text = await session.get("/text")
        with pytest.raises(ValueError, match="Expecting value"):
            await text.json()
        return missing, landed, held, await text.content()

    missing, landed, held, text = run(go())

    assert missing.code == 404
    assert (landed.code, landed.url) == (200, server.url + "/landed")
    assert (held.code, held.headers["Location"]) == (302, "/landed")
    assert text == b"no json"


def test_another_server_is_not_shown_the_login(server, run):
    other = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    other.daemon_threads = True
    server.other = f"http://localhost:{other.server_port}/"
    threading.Thread(target=other.serve_forever, daemon=True).start()
    try:
        session = HTTPSession(None, server.url, auth=("ann", "pw"))
        seen = asked(run, lambda: session.get("/elsewhere"))
    finally:
        other.shutdown()
        other.server_close()

    assert "Authorization" not in seen["headers"]


def test_no_answer_is_an_oserror(server, run):
    async def go():
        session = HTTPSession(None, server.url)
        with pytest.raises(OSError, match="timed out"):
            await session.get("/slow", timeout=0.05)
        with pytest.raises(OSError, match="refused"):
            await HTTPSession(None, "http://127.0.0.1:9").get("/")
        with pytest.raises(AssertionError, match="begin with a slash"):
            await session.get("x")

    run(go())


def test_a_slow_server_holds_nobody_up(server, run):
    async def go():
        session = HTTPSession(None, server.url)
        slow = asyncio.ensure_future(session.get("/slow"))
        assert (await session.get("/quick")).code == 200
        assert not slow.done()
        server.gate.set()
        return (await slow).code

    assert run(go()) == 200


def test_services_with_the_same_arguments_are_one(server, run):
    async def go():
        first = await HTTPClientService.getService(None, server.url, auth=("a", "b"))
        second = await HTTPClientService.getService(None, server.url, auth=("a", "b"))
        third = await HTTPClientService.getService(None, server.url)
        assert first is second
        assert first is not third
        first.updateHeaders({"X-A": "1"})
        return await (await second.get("/x")).json()

    assert run(go())["headers"]["X-A"] == "1"
    httpclientservice._shared.clear()
