# SPDX-License-Identifier: MIT
"""What `try` and `sendchange` say to a master, by Twisted's own Perspective Broker; prints JSON.

    pb_client.py PORT USER PASSWORD VERB [JSON]

The verbs: `names`; `change` with a list of dictionaries; `try` with the arguments by name, and `wait` to watch the builds.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from twisted.cred.credentials import UsernamePassword
from twisted.internet import defer, reactor
from twisted.spread import pb

ARGUMENTS = ("branch", "revision", "patch", "repository", "project", "builders", "who", "comment", "properties")  # fmt: skip


class Watcher(pb.Referenceable):  # type: ignore[misc]
    """Hears of builds and steps, and asks for each build's end."""

    def __init__(self, count: int) -> None:
        self.left, self.seen, self.results = count, [], {}  # type: ignore[var-annotated]
        self.done: defer.Deferred[None] = defer.Deferred()

    def remote_newbuild(self, build: Any, builder: str) -> None:
        self.seen.append(["build", builder])
        watching = self.watch(build, builder)
        watching.addErrback(self.done.errback)

    @defer.inlineCallbacks
    def watch(self, build: Any, builder: str) -> Any:
        yield build.callRemote("subscribe", self, 5)
        yield build.callRemote("waitUntilFinished")
        results = yield build.callRemote("getResults")
        text = yield build.callRemote("getText")
        self.results[builder] = [results, list(text)]
        self.left -= 1
        if self.left == 0:
            self.done.callback(None)

    def remote_stepStarted(self, builder: str, build: Any, name: str, step: Any) -> None:
        self.seen.append(["started", builder, name])

    def remote_stepFinished(
        self, builder: str, build: Any, name: str, step: Any, results: int
    ) -> None:
        self.seen.append(["finished", builder, name, results])


@defer.inlineCallbacks
def send_try(master: Any, job: dict[str, Any]) -> Any:
    patch = job.get("patch")
    values = [job.get(name) for name in ARGUMENTS]
    values[2] = None if patch is None else (patch[0], patch[1].encode())
    status = yield master.callRemote("try", *values)
    if status is None:
        return None
    requests = yield status.callRemote("getBuildRequests")
    names = sorted(name for name, _ in requests)
    if not job.get("wait"):
        return names
    watcher = Watcher(len(requests))
    for _, request in requests:
        yield request.callRemote("subscribe", watcher)
    yield watcher.done
    for _, request in requests:
        yield request.callRemote("unsubscribe", watcher)
    return {"requests": names, "results": watcher.results, "steps": sorted(map(json.dumps, watcher.seen))}  # fmt: skip


@defer.inlineCallbacks
def talk(port: str, user: str, password: str, verb: str, given: str = "null") -> Any:
    factory = pb.PBClientFactory()
    reactor.connectTCP("127.0.0.1", int(port), factory)  # type: ignore[attr-defined]
    try:
        master = yield factory.login(UsernamePassword(user.encode(), password.encode()))
        values = json.loads(given)
        if verb == "names":
            answer = yield master.callRemote("getAvailableBuilderNames")
        elif verb == "try":
            answer = yield send_try(master, values)
        else:
            answer = []
            for change in values:
                answer.append((yield master.callRemote("addChange", change)))
    except Exception as error:
        answer = {"refused": getattr(error, "remoteType", None) or type(error).__name__}
        if isinstance(answer["refused"], bytes):
            answer["refused"] = answer["refused"].decode()
    print(json.dumps(answer))
    reactor.stop()  # type: ignore[attr-defined]


if __name__ == "__main__":
    reactor.callWhenRunning(talk, *sys.argv[1:])  # type: ignore[attr-defined]
    reactor.run()  # type: ignore[attr-defined]
