# SPDX-License-Identifier: MIT
"""Twice, with a commit in between; then what was asked of the server and what it has got."""

import base64
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HEADERS_ONLY = ("git",)


class Backend(BaseHTTPRequestHandler):
    """git http-backend as a CGI program behind a password."""

    root = ""
    asked: set[str] = set()

    def do_GET(self):
        given = self.headers.get("Authorization", "")
        user = base64.b64decode(given.removeprefix("Basic ")).decode()
        path, _, query = self.path.partition("?")
        self.asked.add(f"{self.command} {path} {query} {user}")
        if user != "ann:right":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="here"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.answer(path, query)

    do_POST = do_GET

    def answer(self, path, query):
        headers = self.headers
        env = {
            "PATH": "/usr/bin:/bin",
            "GIT_PROJECT_ROOT": self.root,
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "ann",
            "REMOTE_ADDR": "127.0.0.1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": headers.get("Git-Protocol", ""),
        }
        body = self.rfile.read(int(headers.get("Content-Length") or 0))
        env["CONTENT_LENGTH"] = str(len(body))
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=env)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(fields.pop("Status", "200 OK")[:3]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format, *args):
        pass


def prepare(stage):
    repository = stage.repository("repo")
    repository.commit("first", {"file": "first\n"})
    repository.git("config", "http.receivepack", "true")
    kind = type("Own", (Backend,), {"root": str(stage.folder), "asked": set()})
    stage.server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=stage.server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{stage.server.server_address[1]}"
    stage.hidden.append((host, "$GIT"))
    (stage.folder / "url").write_text(f"http://{host}/repo/.git")


def play(stage):
    repository, server = stage.repository("repo"), stage.server
    try:
        stage.finish(stage.force("b1", reason="new"))
        repository.commit("second", {"other": "second\n"})
        stage.finish(stage.force("b1", reason="again"))
    finally:
        server.shutdown()
        server.server_close()
    stage.note("asked", sorted(server.RequestHandlerClass.asked))
    stage.note("pushed", repository.git("log", "--format=%an %s", "pushed"))
