# SPDX-License-Identifier: MIT
"""Stand-ins that behave: a step's handle that runs commands in a folder, and a master in memory."""

from __future__ import annotations

import asyncio
import fnmatch
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path


class FolderHandle:
    """A step's handle whose worker is this machine: commands run below ``root``."""

    def __init__(self, root, build_id=1):
        self.root = Path(root)
        self._build_id = build_id
        self.logs = {}
        self.urls = []
        self.properties = {}
        self.states = []
        self.commands = []
        self.transfers = []
        self.secrets = {}
        self.added_steps = []
        self.watchers = {}
        self.interrupted = asyncio.Event()
        self.outcomes = []
        self.triggered = []
        self.trigger_answers = []

    def build_id(self):
        return self._build_id

    async def add_log(self, name, type):
        logid = len(self.logs) + 1
        self.logs[logid] = {"name": name, "type": type, "text": "", "finished": False}
        self.watchers[logid] = []
        return logid, name.replace(" ", "_")

    def append_log(self, logid, stream, text):
        if not text.endswith("\n"):
            text += "\n"
        log = self.logs[logid]
        prefix = stream if log["type"] == "s" else ""
        lines = "".join(f"{prefix}{line}\n" for line in text[:-1].split("\n"))
        log["text"] += lines
        for watcher in self.watchers[logid]:
            watcher(lines)

    async def finish_log(self, logid):
        assert not self.logs[logid]["finished"]
        self.logs[logid]["finished"] = True
        for watcher in self.watchers[logid]:
            watcher(None)

    def watch_log(self, logid, callback):
        self.watchers[logid].append(callback)

    async def add_url(self, name, url):
        self.urls.append((name, url))

    def trigger(self, scheduler, properties, sourcestamps, waited_for, parent_relationship):
        """Answers with the next of ``trigger_answers``: (requests or an exception, results)."""
        json.dumps([properties, sourcestamps])
        self.triggered.append(
            (scheduler, properties, list(sourcestamps), waited_for, parent_relationship)
        )
        requests, results = self.trigger_answers.pop(0)

        async def started():
            if isinstance(requests, Exception):
                raise requests
            return len(self.triggered), requests

        if asyncio.isfuture(results):
            return started(), results
        finished = asyncio.get_running_loop().create_future()
        finished.set_result(results)
        return started(), finished

    def set_property(self, name, value, source, runtime):
        json.dumps(value)
        self.properties[name] = (value, source, runtime)

    def set_state_string(self, text):
        self.states.append(text)

    def add_steps(self, runners, at_end):
        self.added_steps.append((runners, at_end))

    def log_names(self):
        return [log["name"] for log in self.logs.values()]

    def log_named(self, name):
        return next(log for log in self.logs.values() if log["name"] == name)

    def use_secret(self, name, value):
        self.secrets[name] = value

    async def run_command(
        self, name, args, stdio, log_files, collect_stdout, collect_stderr, transfer=None
    ):
        self.commands.append((name, args))
        self.transfers.append(transfer)
        if self.outcomes:
            return {**outcome(0), **self.outcomes.pop(0)}
        answer = await getattr(self, "_" + name)(args)
        if stdio is not None:
            for stream, text in (("o", answer.pop("out", "")), ("e", answer.pop("err", ""))):
                if text:
                    self.append_log(stdio, stream, text)
                answer["stdout" if stream == "o" else "stderr"] = text
        keep = {"stdout": collect_stdout, "stderr": collect_stderr}
        for key, wanted in keep.items():
            text = answer.get(key) or answer.pop("out" if key == "stdout" else "err", "")
            answer[key] = text if wanted else ""
        return answer

    async def _shell(self, args):
        workdir = self.root / args["workdir"]
        workdir.mkdir(parents=True, exist_ok=True)
        command = args["command"]
        words = ["/bin/sh", "-c", command] if isinstance(command, str) else _real(command)
        env = {**os.environ, **{k: str(v) for k, v in (args["env"] or {}).items() if v is not None}}
        stdin = args["initial_stdin"]
        try:
            process = await asyncio.create_subprocess_exec(
                *words, cwd=workdir, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            return {**outcome(error.errno), "err": str(error)}
        talk = asyncio.ensure_future(process.communicate(stdin.encode() if stdin else None))
        stop = asyncio.ensure_future(self.interrupted.wait())
        await asyncio.wait({talk, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not talk.done():
            os.killpg(process.pid, signal.SIGKILL)
            await talk
            return {**outcome(-1), "end": "interrupted"}
        out, err = talk.result()
        return {**outcome(process.returncode), "out": out.decode(), "err": err.decode()}

    async def _mkdir(self, args):
        (self.root / args["dir"]).mkdir(parents=True, exist_ok=True)
        return outcome(0)

    async def _rmdir(self, args):
        shutil.rmtree(self.root / args["dir"], ignore_errors=True)
        return outcome(0)

    async def _rmfile(self, args):
        try:
            (self.root / args["path"]).unlink()
        except OSError as error:
            return outcome(error.errno)
        return outcome(0)

    async def _stat(self, args):
        try:
            found = (self.root / args["file"]).stat()
        except OSError as error:
            return outcome(error.errno)
        return {**outcome(0), "updates": [("stat", list(found))]}

    async def _listdir(self, args):
        try:
            found = sorted(path.name for path in (self.root / args["dir"]).iterdir())
        except OSError as error:
            return outcome(error.errno)
        return {**outcome(0), "updates": [("files", found)]}

    async def _glob(self, args):
        found = sorted(str(path) for path in self.root.glob(args["path"]))
        return {**outcome(0), "updates": [("files", found)]}

    async def _uploadFile(self, args):
        try:
            data = (self.root / args["workdir"] / args["workersrc"]).read_bytes()
        except OSError as error:
            data, failed = b"", {**outcome(1), "err": str(error)}
        else:
            failed = None
        # The worker closes the master's file whether it could read its own or not.
        (self.root / self.transfers[-1]["path"]).write_bytes(data)
        return failed or outcome(0)

    async def _uploadDirectory(self, args):
        source = self.root / args["workdir"] / args["workersrc"]
        shutil.copytree(source, self.transfers[-1]["path"], dirs_exist_ok=True)
        return outcome(0)

    async def _downloadFile(self, args):
        plan = self.transfers[-1]
        data = plan["data"] if "data" in plan else (self.root / plan["path"]).read_bytes()
        target = self.root / args["workdir"] / args["workerdest"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        if args["mode"] is not None:
            target.chmod(args["mode"])
        return outcome(0)

    async def _cpdir(self, args):
        shutil.copytree(self.root / args["fromdir"], self.root / args["todir"], symlinks=True)
        return outcome(0)


def outcome(rc):
    return {
        "end": "completed", "rc": rc, "failure_reason": "", "error": "", "updates": [],
        "stdout": "", "stderr": "",
    }  # fmt: skip


def _real(words):
    return [word[1] if isinstance(word, tuple) else word for word in words]


class MemoryMaster:
    """Changes, state and rows in memory."""

    def __init__(self):
        self.changes = []
        self.state = {}
        self.asked = []
        self.controlled = []
        self.rows = {
            path: [] for path in ("masters", "builders", "workers", "schedulers", "builds")
        }
        self.consumers = {}
        self.fail_after = None
        self.arrived = asyncio.Event()

    async def add_change(self, draft):
        if self.fail_after is not None and len(self.changes) >= self.fail_after:
            raise RuntimeError("the database is away")
        self.changes.append(draft)
        self.arrived.set()
        return len(self.changes)

    async def get_state(self, object_, class_name, key):
        return json.loads(self.state[(object_, class_name, key)])

    async def set_state(self, object_, class_name, key, value):
        self.state[(object_, class_name, key)] = json.dumps(value)
        self.arrived.set()

    async def control(self, path, method, params):
        self.controlled.append((path, method, params))

    async def data_get(self, path, spec):
        self.asked.append((path, spec))
        return self.rows.get(path)

    async def consume(self, pattern, on_event):
        self.consumers[len(self.consumers) + 1] = (pattern, on_event)
        return len(self.consumers)

    def stop_consuming(self, consumer):
        self.consumers[consumer] = None

    def event(self, key, message):
        """Tells those who consume such events."""
        for pattern, on_event in filter(None, list(self.consumers.values())):
            if fnmatch.fnmatch(key, pattern):
                on_event(key, json.dumps(message))


def context(**given):
    """A build's context with one source stamp."""
    base = {
        "build": 7, "number": 3, "builder": 2, "builder_name": "b", "request": 5, "buildset": 4,
        "reason": "because", "worker": 1, "worker_name": "w1",
        "worker_info": {
            "worker_commands": dict.fromkeys(
                ("shell", "rmfile", "mkdir", "rmdir", "cpdir", "stat", "glob", "uploadFile",
                 "uploadDirectory", "downloadFile"),
                "3.3",
            ),
            "admin": "Ann", "system": "posix", "basedir": "/w",
        },
        "properties": {"branch": ("main", "Build")},
        "sourcestamps": [
            {"ssid": 1, "branch": "main", "revision": None, "repository": "", "project": "",
             "codebase": "", "patch": None, "created_at": 0}
        ],
        "changes": [], "workdir": "build",
    }  # fmt: skip
    return {**base, **given}
