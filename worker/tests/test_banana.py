# SPDX-License-Identifier: MIT
"""Banana and jelly, also against what Twisted sent and received."""

from __future__ import annotations

import asyncio
import json
import struct
from pathlib import Path
from typing import Any

import pytest

from kilnbot_worker.commands import find
from kilnbot_worker.commands.base import Context
from kilnbot_worker.pb import banana, jelly
from kilnbot_worker.pb.broker import Broker, Proxy
from kilnbot_worker.pb.login import response
from kilnbot_worker.pb.session import from_pb

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "data" / "pb" / "pb.jsonl"

EXPRESSIONS: list[tuple[Any, bytes]] = [
    (0, b"\x00\x81"),
    (1, b"\x01\x81"),
    (127, b"\x7f\x81"),
    (128, b"\x00\x01\x81"),
    (2**31 - 1, b"\x7f\x7f\x7f\x7f\x07\x81"),
    (2**31, b"\x00\x00\x00\x00\x08\x85"),
    (-1, b"\x01\x83"),
    (-(2**31), b"\x00\x00\x00\x00\x08\x83"),
    (-(2**31) - 1, b"\x01\x00\x00\x00\x08\x86"),
    (1.5, b"\x84" + struct.pack(">d", 1.5)),
    (b"", b"\x00\x82"),
    (b"abc", b"\x03\x82abc"),
    ([], b"\x00\x80"),
    ([1, [b"x"], []], b"\x03\x80\x01\x81\x01\x80\x01\x82x\x00\x80"),
]


@pytest.mark.parametrize("value, data", EXPRESSIONS, ids=[repr(value) for value, _ in EXPRESSIONS])
def test_an_expression_has_these_bytes_and_comes_back(value: Any, data: bytes) -> None:
    assert banana.encode(value) == data
    assert list(banana.Decoder().feed(data)) == [value]


def test_expressions_may_be_cut_anywhere() -> None:
    data = b"".join(data for _, data in EXPRESSIONS)
    decoder, found = banana.Decoder(), []

    for byte in data:
        found.extend(decoder.feed(bytes([byte])))

    assert found == [value for value, _ in EXPRESSIONS]


def test_a_vocabulary_word_is_a_string() -> None:
    assert list(banana.Decoder().feed(b"\x02\x80\x14\x87\x01\x81")) == [[b"login", 1]]


@pytest.mark.parametrize(
    "data",
    [
        b"\x01" * 65,
        b"\x01" * 65 + b"\x81",
        b"\x01\x00\x28\x82",  # a string of 640 KiB and one byte
        b"\x01\x00\x28\x80",  # a list of as many elements
        b"\x63\x87",  # no such word
        b"\x01\x88",  # no such type
        b"\x01\x80" * 100,  # lists in lists
    ],
    ids=["endless prefix", "long prefix", "long string", "long list", "word", "type", "depth"],
)
def test_what_is_beyond_the_limits_is_refused(data: bytes) -> None:
    with pytest.raises(banana.BananaError):
        list(banana.Decoder().feed(data))


def test_a_string_too_long_for_the_peer_is_not_sent() -> None:
    with pytest.raises(banana.BananaError, match="above the limit"):
        banana.encode(b"x" * (640 * 1024 + 1))


def decode(expression: Any) -> Any:
    return jelly.decode(expression, lambda number: ("remote", number), lambda number: None)


def no_export(value: Any) -> Any:
    raise jelly.JellyError(f"cannot send {value!r}")


@pytest.mark.parametrize(
    "value",
    [None, True, False, 5, -2.5, b"raw", "text ä", [1, [2]], (1, "a"), {"a": [None], 3: ()}, {}],
    ids=repr,
)
def test_a_value_goes_through_jelly_and_back(value: Any) -> None:
    assert decode(jelly.encode(value, no_export)) == value


def test_shared_and_recursive_containers_are_built() -> None:
    shared = decode([b"tuple", [b"reference", 1, [b"list", 1]], [b"dereference", 1]])
    recursive = decode([b"reference", 1, [b"list", [b"dereference", 1]]])

    assert shared[0] is shared[1]
    assert recursive[0] is recursive


@pytest.mark.parametrize(
    "expression",
    [
        [],
        [1],
        [b"nonsense", 1],
        [b"dereference", 1],
        [b"reference", 1],
        [b"unicode", 1],
        [b"dictionary", [b"list"]],
        [b"dictionary", [[b"list"], 1]],
        [b"set", [b"list"]],
        [b"remote", b"x"],
    ],
    ids=repr,
)
def test_malformed_jelly_is_refused(expression: Any) -> None:
    with pytest.raises(jelly.JellyError):
        decode(expression)


def golden_messages(direction: str) -> list[Any]:
    """Every expression of a direction of the captures, in order, by connection."""
    decoders: dict[int, banana.Decoder] = {}
    found = []
    for line in GOLDEN.read_text().splitlines():
        record = json.loads(line)
        if record.get("dir") == direction:
            decoder = decoders.setdefault(record["conn"], banana.Decoder())
            for expression in decoder.feed(bytes.fromhex(record["hex"])):
                found.append((record["conn"], expression))
    return found


def test_everything_that_twisted_sent_can_be_read() -> None:
    messages = golden_messages("c>s") + golden_messages("s>c")

    assert len(messages) > 500
    for _, expression in messages:
        if isinstance(expression, list) and expression[0] == b"message":
            decode(expression[5])
            decode(expression[6])
        elif isinstance(expression, list) and expression[0] in (b"answer", b"error"):
            decode(expression[2])


def test_the_login_of_the_capture_is_answered_the_same() -> None:
    challenge = next(
        decode(e[2])[0] for c, e in golden_messages("s>c") if c == 1 and e[0] == b"answer"
    )
    sent = next(
        decode(e[5])[0]
        for c, e in golden_messages("c>s")
        if c == 1 and e[0] == b"message" and e[3] == b"respond"
    )

    assert response(b"pbpass", challenge) == sent


def test_every_command_of_the_capture_is_understood() -> None:
    started = [
        expression[5]
        for _, expression in golden_messages("s>c")
        if isinstance(expression, list)
        and expression[0] == b"message"
        and expression[3] == b"startCommand"
    ]
    channel: Any = type("Channel", (), {"block_limit": 65536})()
    context = Context("/base", channel, None, "utf-8")  # type: ignore[arg-type]

    async def make_all() -> set[str]:
        made, broker = set(), Broker(lambda data: None)
        for arguments in started:
            decoded = jelly.decode(
                arguments, lambda number: Proxy(broker, number), lambda number: None
            )
            name, args, _peer = from_pb(decoded[2], decoded[3], "/base/b1")
            find(name)(args, context)
            made.add(name)
        return made

    assert {"shell", "mkdir", "stat", "upload_file", "download_file"} <= asyncio.run(make_all())
