# SPDX-License-Identifier: MIT
"""Calls between two brokers."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
from typing import Any

import pytest

from kilnbot_worker.pb import banana, jelly
from kilnbot_worker.pb.broker import Broker, BrokerError, CallError, ConnectionGone, RemoteError


class Thing:
    is_referenceable = True

    def __init__(self) -> None:
        self.gate: asyncio.Future[None] | None = None

    def remote_add(self, left: int, right: int = 1) -> int:
        return left + right

    def remote_fail(self) -> None:
        raise CallError("some.Kind", "what went wrong")

    async def remote_later(self) -> str:
        await asyncio.sleep(0)
        return "done"

    def remote_same(self, other: Any) -> bool:
        return other is self

    def remote_self(self) -> Thing:
        return self

    def remote_unsendable(self) -> Any:
        return object()


def pair() -> tuple[Broker, Broker, Thing]:
    loop = asyncio.get_running_loop()
    thing = Thing()
    ends: dict[str, Broker] = {}
    client = Broker(lambda data: loop.call_soon(ends["server"].feed, data) and None)
    server = Broker(lambda data: loop.call_soon(client.feed, data) and None, root=thing)
    ends["server"] = server
    server.serve_handshake()
    return client, server, thing


def call(client: Broker, method: str, *args: Any, **keywords: Any) -> Any:
    return client.call(b"root", method, args, keywords)


def test_calls_are_answered() -> None:
    async def work() -> list[Any]:
        client, _, _ = pair()
        await client.ready.wait()
        return await asyncio.gather(
            call(client, "add", 1, right=5), call(client, "add", 7), call(client, "later")
        )

    assert asyncio.run(work()) == [6, 8, "done"]


@pytest.mark.parametrize(
    "method, kind",
    [
        ("fail", "some.Kind"),
        ("missing", "twisted.spread.flavors.NoSuchMethod"),
        ("add", "builtins.TypeError"),
        ("unsendable", "kilnbot_worker.pb.jelly.JellyError"),
    ],
)
def test_a_failing_call_names_its_exception(method: str, kind: str) -> None:
    async def work() -> None:
        client, _, _ = pair()
        await client.ready.wait()
        await call(client, method)

    with pytest.raises(RemoteError) as caught:
        asyncio.run(work())
    assert caught.value.kind == kind


def test_an_object_comes_home_as_itself_and_is_forgotten_when_released() -> None:
    async def work() -> tuple[bool, int, int]:
        client, server, _ = pair()
        await client.ready.wait()
        proxy = await call(client, "self")
        same = await proxy.call("same", proxy)
        before = len(server._objects)
        del proxy
        gc.collect()
        await call(client, "add", 1)
        return same, before, len(server._objects)

    assert asyncio.run(work()) == (True, 1, 0)


def test_open_calls_fail_when_the_connection_ends() -> None:
    async def work() -> None:
        client, _, _ = pair()
        await client.ready.wait()
        future = call(client, "add", 1)
        client.close()
        with pytest.raises(ConnectionGone):
            await future
        await call(client, "later")

    with pytest.raises(ConnectionGone):
        asyncio.run(work())


def mutations(seed: int, messages: list[bytes]) -> list[bytes]:
    """Messages with some bytes changed, cut out or doubled."""
    source = random.Random(seed)
    found = []
    for _ in range(400):
        data = bytearray(source.choice(messages))
        for _ in range(source.randrange(1, 4)):
            place = source.randrange(len(data))
            data[place : place + source.randrange(3)] = bytes(source.choices(range(256), k=source.randrange(3)))  # fmt: skip
            data = data or bytearray(b"x")
        found.append(bytes(data))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_a_hostile_peer_gets_errors_and_nothing_else(seed: int) -> None:
    messages = [
        banana.encode(
            [b"message", 5, b"root", b"add", 1, [b"tuple", 1, [b"remote", 2]], [b"dictionary"]]
        ),
        banana.encode(
            [b"message", 6, 1, b"same", 0, [b"tuple", [b"local", 1]], [b"dictionary", [1, 2]]]
        ),
        banana.encode([b"answer", 1, [b"reference", 1, [b"list", [b"dereference", 1]]]]),
        banana.encode([b"error", 1, [b"a.b", [b"dictionary", [b"type", b"x"]]]]),
        banana.encode([b"decref", 1]),
    ]

    async def work() -> None:
        for data in mutations(seed, messages):
            broker = Broker(lambda data: None, root=Thing())
            broker.feed(b"\x02\x80\x02\x82pb\x04\x82none")
            broker.call(b"root", "add", (), {})
            with contextlib.suppress(BrokerError, banana.BananaError, jelly.JellyError):
                broker.feed(data)
            broker.close()
            await asyncio.sleep(0)

    asyncio.run(work())


@pytest.mark.parametrize("data", [b"\x05\x82hello", b"\x01\x81"])
def test_a_peer_that_does_not_speak_pb_is_refused(data: bytes) -> None:
    async def work() -> None:
        Broker(lambda data: None).feed(data)

    with pytest.raises(BrokerError):
        asyncio.run(work())
