# SPDX-License-Identifier: MIT
"""Banana: the framing of Perspective Broker.

An expression is an int, a float, bytes or a list of expressions.
"""

from __future__ import annotations

import struct
from typing import Any, Iterator

LIST, INT, STRING, NEG, FLOAT, LONGINT, LONGNEG, VOCAB = range(0x80, 0x88)

MAX_PREFIX = 64
MAX_SIZE = 640 * 1024  # of a string in bytes, of a list in elements: the peer has the same limits
MAX_DEPTH = 64
MAX_EXPRESSION = 64 * 1024 * 1024  # bytes of one whole expression
_INT_END = 2**31

_WORDS = (
    b"None class dereference reference dictionary function instance list module persistent tuple"
    b" unpersistable copy cache cached remote local lcache version login password challenge"
    b" logged_in not_logged_in cachemessage message answer error decref decache uncache"
).split()
VOCABULARY = dict(enumerate(_WORDS, 1))


class BananaError(Exception):
    """The peer sent something that is not banana, or is beyond its limits."""


def _number(value: int, out: bytearray) -> None:
    while value > 0x7F:
        out.append(value & 0x7F)
        value >>= 7
    out.append(value)


def _encode_int(value: int, out: bytearray) -> None:
    if value >= 0:
        _number(value, out)
        out.append(INT if value < _INT_END else LONGINT)
    else:
        _number(-value, out)
        out.append(NEG if value >= -_INT_END else LONGNEG)


def _encode(value: Any, out: bytearray) -> None:
    if isinstance(value, (bytes, bytearray)):
        if len(value) > MAX_SIZE:
            raise BananaError(f"a string of {len(value)} bytes is above the limit of {MAX_SIZE}")
        _number(len(value), out)
        out.append(STRING)
        out += value
    elif isinstance(value, int):
        _encode_int(value, out)
    elif isinstance(value, float):
        out.append(FLOAT)
        out += struct.pack(">d", value)
    elif isinstance(value, (list, tuple)):
        if len(value) > MAX_SIZE:
            raise BananaError(f"a list of {len(value)} elements is above the limit of {MAX_SIZE}")
        _number(len(value), out)
        out.append(LIST)
        for item in value:
            _encode(item, out)
    else:
        raise BananaError(f"banana has no {type(value).__name__}")


def encode(value: Any) -> bytes:
    """The bytes of one expression."""
    out = bytearray()
    _encode(value, out)
    return bytes(out)


class Decoder:
    """Turns bytes, cut anywhere, into expressions."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._open: list[tuple[list[Any], int]] = []  # lists begun, with their full lengths
        self._size = 0  # bytes of the expression begun

    def feed(self, data: bytes) -> Iterator[Any]:
        """Yields each expression that `data` completes. Raises BananaError."""
        self._buffer += data
        position = 0
        try:
            while True:
                element = self._element(position)
                if element is None:
                    return
                kind, value, end = element
                self._size += end - position
                if self._size > MAX_EXPRESSION:
                    raise BananaError(f"an expression is above {MAX_EXPRESSION} bytes")
                position = end
                finished, whole = self._place(kind, value)
                if finished:
                    self._size = 0
                    yield whole
        finally:
            del self._buffer[:position]

    def _element(self, start: int) -> tuple[int, Any, int] | None:
        """The element at `start`: its type, value and end; None while it is incomplete."""
        buffer = self._buffer
        number = shift = 0
        position = start
        while True:
            if position >= len(buffer):
                if position - start > MAX_PREFIX:
                    raise BananaError("a number prefix is too long")
                return None
            byte = buffer[position]
            position += 1
            if byte & 0x80:
                break
            if position - start > MAX_PREFIX:
                raise BananaError("a number prefix is too long")
            number |= byte << shift
            shift += 7
        return self._payload(byte, number, position)

    def _payload(self, kind: int, number: int, position: int) -> tuple[int, Any, int] | None:
        if kind in (LIST, STRING) and number > MAX_SIZE:
            raise BananaError(f"a list or string of {number} is above the limit of {MAX_SIZE}")
        if kind == LIST:
            return kind, number, position
        if kind in (INT, LONGINT):
            return kind, number, position
        if kind in (NEG, LONGNEG):
            return kind, -number, position
        if kind == VOCAB:
            if number not in VOCABULARY:
                raise BananaError(f"there is no word {number} in the vocabulary")
            return kind, VOCABULARY[number], position
        length = 8 if kind == FLOAT else number
        if kind not in (STRING, FLOAT):
            raise BananaError(f"unknown element type {kind:#x}")
        if len(self._buffer) - position < length:
            return None
        data = bytes(self._buffer[position : position + length])
        value = struct.unpack(">d", data)[0] if kind == FLOAT else data
        return kind, value, position + length

    def _place(self, kind: int, value: Any) -> tuple[bool, Any]:
        """Puts an element into the list it belongs to; says whether that ends the expression."""
        if kind == LIST:
            if len(self._open) >= MAX_DEPTH:
                raise BananaError(f"lists are nested deeper than {MAX_DEPTH}")
            if value:
                self._open.append(([], value))
                return False, None
            value = []
        while self._open:
            items, length = self._open[-1]
            items.append(value)
            if len(items) < length:
                return False, None
            self._open.pop()
            value = items
        return True, value
