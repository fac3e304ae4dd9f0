# SPDX-License-Identifier: MIT
"""Logging in over HTTP, sessions that nobody gave, and what anonymous users may not do."""

from __future__ import annotations

import base64
import hmac
import json
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Answer, Browser
from running import Master, Worker, running, wait_for

CONFIG = """
from buildbot.www.auth import NoAuth
factory = util.BuildFactory([steps.ShellCommand(command=["sh", "-c", "sleep 600"])])
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=factory)]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"])]
class Own(util.CustomAuth):
    async def check_credentials(self, user, password):
        if user == b"crash":
            raise RuntimeError("no directory")
        return (user, password) == (b"ann", b"s:e c")
auths = {{
    "plain": lambda: util.UserPasswordAuth({{"ann": "s:e c", "bob": b"pw"}}),
    "own": Own,
    "file": lambda: util.HTPasswdAuth(os.path.join(basedir, "passwords")),
    "nobody": NoAuth,
}}
c["www"]["auth"] = auths[{kind!r}]()
c["www"]["authz"] = util.Authz([util.{rule}(role="admins")], [util.RolesFromUsername(["admins"], ["ann"])])
"""
FORBIDDEN = {
    "jsonrpc": "2.0",
    "id": 1,
    "error": {"code": -32600, "message": "you need to have role 'admins'"},
}


def configured(kind: str = "plain", rule: str = "AnyControlEndpointMatcher") -> str:
    return CONFIG.format(kind=kind, rule=rule)


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Master]:
    folder: Path = tmp_path_factory.mktemp("auth")
    made = Master(folder).create(configured())
    with running(made, Worker(folder, made.pb)):
        made.wait_attached()
        yield made


@pytest.fixture
def browser(master: Master) -> Browser:
    return Browser(master.http)


def user_of(browser: Browser) -> Any:
    return browser.get("/config").json["user"]


def coded(data: Any) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def token(claims: Any, key: str, header: Any = None, digest: str = "sha256") -> str:
    text = coded(header or {"alg": "HS256", "typ": "JWT"}) + "." + coded(claims)
    return text + "." + coded(hmac.digest(key.encode(), text.encode(), digest))


def secret(master: Master) -> str:
    with sqlite3.connect(master.dir / "state.sqlite") as db:
        row = db.execute(
            "select s.value_json from object_state s join objects o on o.id = s.objectid"
            " where o.name = 'www' and o.class_name = 'buildbot.www.service.WWWService'"
            " and s.name = 'session_secret'"
        ).fetchone()
    text = json.loads(row[0])
    assert isinstance(text, str)
    return text


ANN = {"username": "ann", "email": "ann"}


def claims(seconds: int = 1000, user: Any = None) -> dict[str, Any]:
    return {"user_info": user or ANN, "exp": int(time.time()) + seconds}


def test_without_credentials_the_login_asks_for_them(browser: Browser) -> None:
    answer = browser.get("/auth/login")

    assert (answer.status, answer.text) == (401, "Unauthorized")
    assert answer.headers["WWW-Authenticate"] == 'basic realm="buildbot"'


def test_a_login_gives_a_session_and_the_page_it_came_from(
    browser: Browser, master: Master
) -> None:
    assert user_of(browser) == {"anonymous": True}

    answer = browser.request(
        "GET", "/auth/login?redirect=builders/1", Authorization="Basic " + coded_plain("ann:s:e c")
    )

    assert (answer.status, answer.headers["Location"]) == (302, master.url("#builders/1"))
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("TWISTED_SESSION=")
    assert {"Path=/", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    assert user_of(browser) == ANN
    assert browser.get("/config").headers["Cache-Control"] == "private,max-age=0"
    assert '"username": "ann"' in browser.get("/").text


def coded_plain(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "header",
    [
        "Basic " + coded_plain("ann:wrong"),
        "Basic " + coded_plain("ann:"),
        "Basic " + coded_plain("nobody:s:e c"),
        "Basic " + coded_plain("ann"),
        "Basic " + coded_plain(":"),
        "Basic",
        "Basic !!!!",
        "Basic YW5uOnM6ZSBj=",
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Bearer abc",
        "Digest username=ann",
        "Basic " + "A" * 20000,
    ],
)
def test_wrong_and_broken_credentials_are_refused(browser: Browser, header: str) -> None:
    answer = browser.get("/auth/login", Authorization=header)

    assert (answer.status, answer.text) == (401, "Unauthorized")
    assert user_of(browser) == {"anonymous": True}


def test_a_page_logs_in_by_json_without_the_browsers_dialog(browser: Browser) -> None:
    def post(body: Any, **headers: str) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content_Type": "application/json"} | headers
        return browser.request("POST", "/auth/login", raw, **sent)

    wrong = post({"username": "bob", "password": "x"})
    foreign = post({"username": "bob", "password": "pw"}, Origin="http://evil.example")
    as_form = post(b"username=bob&password=pw", Content_Type="application/x-www-form-urlencoded")
    nonsense = post([1])

    assert (wrong.status, wrong.headers["WWW-Authenticate"]) == (401, None)
    assert wrong.json == {"error": "the user name or the password is wrong"}
    assert [foreign.status, as_form.status, nonsense.status] == [400, 400, 400]
    assert user_of(browser) == {"anonymous": True}
    right = post({"username": "bob", "password": "pw"})
    assert (right.status, right.json) == (200, {"user": {"username": "bob", "email": "bob"}})
    assert user_of(browser) == {"username": "bob", "email": "bob"}


def test_a_logout_ends_the_session(browser: Browser, master: Master) -> None:
    browser.log_in("ann", "s:e c")

    answer = browser.get("/auth/logout?redirect=x")

    assert (answer.status, answer.headers["Location"]) == (302, master.url("#x"))
    assert user_of(browser) == {"anonymous": True}


def test_a_session_signed_with_the_secret_of_the_database_is_good(
    browser: Browser, master: Master
) -> None:
    browser.cookie = token(claims(user={"username": "ann", "full_name": "Ann"}), secret(master))

    assert user_of(browser) == {"username": "ann", "full_name": "Ann"}


FORGED = {
    "other secret": lambda key: token(claims(), "f" * 32),
    "expired": lambda key: token(claims(-1), key),
    "alg none, unsigned": lambda key: coded({"alg": "none"}) + "." + coded(claims()) + ".",
    "alg none, signed": lambda key: token(claims(), key, {"alg": "none"}),
    "hs512": lambda key: token(claims(), key, {"alg": "HS512"}, "sha512"),
    "claims changed": lambda key: swapped(token(claims(user={"username": "bob"}), key)),
    "no user": lambda key: token({"exp": int(time.time()) + 1000}, key),
    "user is text": lambda key: token(claims(user="ann"), key),
    "claims are a list": lambda key: token([1], key),
    "time is text": lambda key: token({"user_info": ANN, "exp": "later"}, key),
    "not json": lambda key: token(b"{", key),
    "no dots": lambda key: "garbage",
    "dots only": lambda key: "..",
    "not base64": lambda key: "!.!.!",
    "very long": lambda key: "A" * 20000 + ".." + "A",
    "empty": lambda key: "",
}


def swapped(good: str) -> str:
    header, _, signature = good.split(".")
    return f"{header}.{coded(claims())}.{signature}"


@pytest.mark.parametrize("name", FORGED)
def test_a_session_that_was_not_given_is_nobodys(
    browser: Browser, master: Master, name: str
) -> None:
    browser.cookie = forged = FORGED[name](secret(master))

    answer = browser.control("forceschedulers/force", "force")

    assert (answer.status, answer.json) == (403, FORBIDDEN)
    assert browser.cookie != forged, "it gets an anonymous one instead"


def test_who_may_not_cannot_force_or_stop_and_who_may_can(master: Master) -> None:
    anonymous, bob, ann = (Browser(master.http) for _ in range(3))
    bob.log_in("bob", "pw")
    ann.log_in("ann", "s:e c")
    force = ("forceschedulers/force", "force", {"builderid": master.builder_id("b1"), "owner": "x"})

    for browser in (anonymous, bob):
        answer = browser.control(*force)
        assert (answer.status, answer.json) == (403, FORBIDDEN)
    assert master.rows("buildrequests") == []
    forced = ann.control(*force)
    assert forced.status == 200
    build = master.build_of(next(iter(forced.json["result"][1].values())))
    for browser in (anonymous, bob):
        answer = browser.control(f"builds/{build['buildid']}", "stop")
        assert (answer.status, answer.json) == (403, FORBIDDEN)
    assert not master.rows(f"builds/{build['buildid']}")[0]["complete"]
    assert ann.control(f"builds/{build['buildid']}", "stop").status == 200
    wait_for("the end", lambda: master.rows(f"builds/{build['buildid']}")[0]["complete"])

    owner = master.rows(f"builds/{build['buildid']}/properties")[0]["owner"]
    assert owner == ["ann", "Force Build Form"]
    log = master.log()
    assert f"stop /api/v2/builds/{build['buildid']} by 'bob' from 127.0.0.1: refused" in log
    assert f"stop /api/v2/builds/{build['buildid']} by 'ann' from 127.0.0.1: done" in log
    line = wait_for("the access log", lambda: access_line(master, "POST", "ann"))
    assert line.startswith("127.0.0.1 - ann [")


def access_line(master: Master, method: str, user: str) -> str | None:
    lines = (master.dir / "http.log").read_text().splitlines()
    return next((s for s in lines if f'"{method} ' in s and f" {user} [" in s), None)


def test_many_wrong_passwords_make_one_wait(browser: Browser) -> None:
    statuses = [browser.log_in("mallory", f"try {n}").status for n in range(11)]

    assert statuses == [401] * 10 + [429]
    refused = browser.log_in("mallory", "again")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert Browser(browser.port).log_in("bob", "pw").status == 302, "others are not held up"


def test_sessions_outlive_the_master(tmp_path: Path) -> None:
    master = Master(tmp_path).create(configured())
    with running(master):
        browser = Browser(master.http)
        browser.log_in("ann", "s:e c")
        cookie, key = browser.cookie, secret(master)
    with running(master):
        assert secret(master) == key
        assert user_of(Browser(master.http, cookie)) == ANN


def upgrade_status(master: Master, cookie: str | None) -> int:
    line = f"Cookie: TWISTED_SESSION={cookie}\r\n" if cookie else ""
    with socket.create_connection(("127.0.0.1", master.http), timeout=20) as connection:
        connection.sendall(
            f"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{line}"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        return int(connection.recv(100).split()[1])


def test_who_may_not_see_the_masters_gets_no_events(tmp_path: Path) -> None:
    master = Master(tmp_path).create(configured(rule="AnyEndpointMatcher"))
    with running(master):
        ann, bob = Browser(master.http), Browser(master.http)
        ann.log_in("ann", "s:e c")
        bob.log_in("bob", "pw")

        assert ann.get("/api/v2/builders").status == 200
        answer = bob.get("/api/v2/builders")
        assert (answer.status, answer.json) == (403, {"error": "you need to have role 'admins'"})
        assert upgrade_status(master, ann.cookie) == 101
        assert upgrade_status(master, bob.cookie) == 403
        assert upgrade_status(master, None) == 403
        assert upgrade_status(master, token(claims(), "f" * 32)) == 403
        assert upgrade_status(master, token(claims(-5), secret(master))) == 403
        # Not even what somebody else has read just now.
        assert Browser(master.http).get("/api/v2/builders").status == 403


@pytest.mark.parametrize("kind", ["own", "file"])
def test_other_ways_to_check_a_password(tmp_path: Path, kind: str) -> None:
    master = Master(tmp_path).create(configured(kind))
    (master.dir / "passwords").write_text("bob:pw\nann:s:e c\nempty:\n")
    with running(master):
        browser = Browser(master.http)
        name = {"own": "Own", "file": "HTPasswdAuth"}[kind]
        assert browser.get("/config").json["auth"] == {"name": name}

        assert browser.log_in("ann", "wrong").status == 401
        assert browser.log_in("empty", "").status == 401
        assert browser.log_in("ann", "s:e c").status == 302
        assert user_of(browser) == ANN
        if kind == "own":
            assert Browser(master.http).log_in("crash", "x").status == 500
            assert "no directory" in master.log()


def test_without_a_way_to_log_in_everybody_stays_anonymous(tmp_path: Path) -> None:
    master = Master(tmp_path).create(configured("nobody"))
    with running(master):
        browser = Browser(master.http)

        assert browser.log_in("ann", "s:e c").status == 501
        assert browser.control("forceschedulers/force", "force").status == 403
