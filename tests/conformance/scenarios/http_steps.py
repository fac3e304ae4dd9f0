# SPDX-License-Identifier: MIT
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SERVERS = []


class Echo(BaseHTTPRequestHandler):
    """Tells what it was asked; /status/N answers with that status."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = self.path.split("?")[0].split("/")
        status = int(parts[2]) if parts[1] == "status" else 200
        wanted = ("content-type", "x-ask", "authorization", "cookie")
        told = [f"{name}={self.headers[name]}" for name in wanted if self.headers[name]]
        text = "\n".join([f"{self.command} {self.path}", *told, body.decode()]).encode()
        self.send_response_only(status)
        self.send_header("X-Answer", "yes")
        self.send_header("X-Secret", "hush")
        if status == 302:
            self.send_header("Location", "/there")
        self.send_header(
            "Content-Type", "text/html" if parts[1] == "html" else "text/plain; charset=utf-8"
        )
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = answer

    def log_message(self, *args):
        pass


class Quiet(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """The master's end closes the connections that it kept."""


def prepare(stage):
    server = Quiet(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    SERVERS.append(server)
    address = f"127.0.0.1:{server.server_port}"
    (stage.folder / "address").write_text(address)
    stage.hidden.append((address, "$SERVER"))


def play(stage):
    stage.finish(stage.force("b1"))
    SERVERS[0].shutdown()
    SERVERS[0].server_close()
