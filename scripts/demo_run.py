# SPDX-License-Identifier: MIT
"""Runs the demo that scripts/demo has built: a master, a worker, a repository and two builds."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
RESULTS = ["success", "warnings", "failure", "skipped", "exception", "retry", "cancelled"]
BUILD_LIMIT_S = 900
CHANGED_FILE = "core/base/text.cpp"


class DemoFailed(Exception):
    """Something did not come about; the text says what."""


def say(text: str) -> None:
    print(text, flush=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise DemoFailed(
            f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}"
        )
    return done.stdout


class Rest:
    """The master's REST interface."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}/"

    def get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.base}api/v2/{path}", timeout=30) as answer:
            data: dict[str, Any] = json.load(answer)
            return data

    def rows(self, path: str) -> list[dict[str, Any]]:
        data = self.get(path)
        return next(value for key, value in data.items() if key != "meta")

    def control(self, path: str, method: str, **params: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(
            f"{self.base}api/v2/{path}", body, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["result"]


class Demo:
    """Everything in one scratch folder; `close` ends what was started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repository = folder / "served" / "kilnbot.git"
        self.master = folder / "master"
        self.worker = folder / "worker"
        self.http_port, self.worker_port, self.git_port = free_port(), free_port(), free_port()
        self.rest = Rest(self.http_port)
        self.git_daemon: subprocess.Popen[bytes] | None = None
        self.started_master = self.started_worker = False

    def serve_repository(self) -> None:
        run("git", "clone", "-q", "--bare", ROOT, self.repository)
        run("git", "clone", "-q", self.repository, self.folder / "clone")
        self.branch = run(
            "git", "symbolic-ref", "--short", "HEAD", cwd=self.folder / "clone"
        ).strip()
        self.git_daemon = subprocess.Popen(
            ["git", "daemon", "--listen=127.0.0.1", f"--port={self.git_port}", "--export-all", "--reuseaddr",
             f"--base-path={self.repository.parent}", str(self.repository.parent)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.url = f"git://127.0.0.1:{self.git_port}/kilnbot.git"
        say(f"repository   {self.url} (branch {self.branch}, {self.head()[:10]})")

    def head(self) -> str:
        return run("git", "rev-parse", "HEAD", cwd=self.folder / "clone").strip()

    def start_master(self) -> None:
        run(BIN / "kilnbot", "create-master", "-q", self.master)
        shutil.copy(ROOT / "sample_configs" / "demo" / "master.cfg", self.master)
        env = os.environ | {
            "KILN_DEMO_REPOSITORY": self.url,
            "KILN_DEMO_BRANCH": self.branch,
            "KILN_DEMO_HTTP_PORT": str(self.http_port),
            "KILN_DEMO_WORKER_PORT": str(self.worker_port),
        }
        run(BIN / "kilnbot", "checkconfig", self.master, env=env)
        run(BIN / "kilnbot", "start", self.master, env=env)
        self.started_master = True
        say(f"master       {self.rest.base}  in {self.master}")

    def start_worker(self) -> None:
        run(
            BIN / "kilnbot-worker", "create-worker", self.worker,
            f"127.0.0.1:{self.worker_port}", "demo-worker", "demo-password",
        )  # fmt: skip
        run(BIN / "kilnbot-worker", "start", self.worker)
        self.started_worker = True
        self.wait_for(
            "the worker to attach", lambda: self.rest.rows("workers")[0]["connected_to"], 30
        )
        version = self.rest.rows("workers")[0]["workerinfo"].get("version")
        say(f"worker       demo-worker attached (kilnbot-worker {version})")

    def wait_for(self, what: str, probe: Any, limit_s: float) -> Any:
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            try:
                if found := probe():
                    return found
            except (OSError, urllib.error.URLError):
                pass
            time.sleep(0.1)
        raise DemoFailed(f"waited {limit_s:.0f} s in vain for {what}")

    def follow_build(self, number: int) -> None:
        """Prints each step when it is done; raises unless the build succeeds."""
        builder = self.rest.rows("builders")[0]["builderid"]
        path = f"builders/{builder}/builds/{number}"
        build = self.wait_for(f"build {number}", lambda: self.build_or_none(path), 60)
        say(f"\nbuild {number}      {self.rest.base}#/{path}")
        printed: set[int] = set()
        end = time.monotonic() + BUILD_LIMIT_S
        while time.monotonic() < end:
            done = self.rest.rows(path)[0]["complete"]
            for step in self.rest.rows(f"{path}/steps"):
                if step["complete"] and step["stepid"] not in printed:
                    printed.add(step["stepid"])
                    seconds = step["complete_at"] - step["started_at"]
                    say(
                        f"  {RESULTS[step['results']]:9} {seconds:4} s  {step['name']:20} {step['state_string']}"
                    )
            if done:
                break
            time.sleep(0.2)
        build = self.rest.rows(path)[0]
        if not build["complete"]:
            raise DemoFailed(f"build {number} did not end within {BUILD_LIMIT_S} s")
        seconds = build["complete_at"] - build["started_at"]
        revision = self.rest.get(f"builds/{build['buildid']}/properties")["properties"][0].get(
            "got_revision", ["?"]
        )[0]
        say(f"  {build['state_string']} in {seconds} s at revision {str(revision)[:10]}")
        if build["results"] != 0:
            raise DemoFailed(f"build {number} ended with {RESULTS[build['results']]}")

    def build_or_none(self, path: str) -> dict[str, Any] | None:
        try:
            return self.rest.rows(path)[0]
        except urllib.error.HTTPError:
            return None

    def commit_change(self) -> None:
        clone = self.folder / "clone"
        with (clone / CHANGED_FILE).open("a") as source:
            source.write("\n// A line that the demo added.\n")
        run("git", "-c", "user.name=Demo", "-c", "user.email=demo@example.org", "commit", "-q", "-am",
            "base: add a line", cwd=clone)  # fmt: skip
        run("git", "push", "-q", cwd=clone)
        say(f"\ncommitted {self.head()[:10]} to the repository: the poller finds it by itself")

    def close(self) -> None:
        if self.started_worker:
            subprocess.run(
                [BIN / "kilnbot-worker", "stop", "-q", self.worker], stdout=subprocess.DEVNULL
            )
        if self.started_master:
            subprocess.run([BIN / "kilnbot", "stop", "-q", self.master])
        if self.git_daemon is not None:
            self.git_daemon.terminate()
            self.git_daemon.wait()


def play(demo: Demo, stay: bool) -> None:
    demo.serve_repository()
    demo.start_master()
    demo.start_worker()
    demo.rest.control("forceschedulers/force", "force", builderid=demo.rest.rows("builders")[0]["builderid"],
                      reason="first build", username="Demo <demo@example.org>")  # fmt: skip
    demo.follow_build(1)
    demo.commit_change()
    demo.follow_build(2)
    say(f"\nboth builds succeeded: {demo.rest.base}")
    if stay:
        say("Ctrl-C ends the demo")
        while True:
            time.sleep(3600)


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Shows Kilnbot building a clone of its own source."
    )
    parser.add_argument("--exit", action="store_true", help="end after the second build")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kilnbot-demo-"))
    demo = Demo(folder)
    status = 1
    try:
        play(demo, stay=not options.exit)
        status = 0
    except (DemoFailed, OSError) as failure:
        say(f"\nthe demo failed: {failure}")
        log = demo.master / "twistd.log"
        if log.exists():
            say(
                "the end of the master's log:\n"
                + "\n".join(log.read_text(errors="replace").splitlines()[-30:])
            )
    except KeyboardInterrupt:
        status = 0
    finally:
        demo.close()
        if status == 0:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            say(f"everything is kept in {folder}")
    return status


if __name__ == "__main__":
    sys.exit(main())
