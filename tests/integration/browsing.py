# SPDX-License-Identifier: MIT
"""One user of a master over HTTP: keeps the session cookie, shows whole answers."""

from __future__ import annotations

import base64
import http.client
import json
from dataclasses import dataclass, field
from typing import Any

COOKIE = "TWISTED_SESSION"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def message(self) -> Any:
        """The error's text, whichever shape it has."""
        try:
            error = json.loads(self.body)["error"]
        except (ValueError, KeyError, TypeError):
            return None
        return error["message"] if isinstance(error, dict) else error

    def cookie(self) -> str | None:
        """The session that the answer sets: the last one counts."""
        found = None
        for value in self.headers.get_all("Set-Cookie") or []:
            if value.startswith(COOKIE + "="):
                found = value.split(";")[0].split("=", 1)[1]
        return found


@dataclass
class Browser:
    port: int
    cookie: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            sent = self.headers | {name.replace("_", "-"): text for name, text in headers.items()}
            if self.cookie is not None:
                sent["Cookie"] = f"{COOKIE}={self.cookie}"
            connection.request(method, path, body, sent)
            got = connection.getresponse()
            answer = Answer(got.status, got.headers, got.read())
        finally:
            connection.close()
        if new := answer.cookie():
            self.cookie = new
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, **headers)

    def control(self, path: str, method: str, params: dict[str, Any] | None = None) -> Answer:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        return self.request(
            "POST", f"/api/v2/{path}", json.dumps(call).encode(), Content_Type="application/json"
        )

    def log_in(self, user: str, password: str) -> Answer:
        return self.get("/auth/login", Authorization=basic(user, password))


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
