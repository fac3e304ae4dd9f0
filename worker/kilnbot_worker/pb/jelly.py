# SPDX-License-Identifier: MIT
"""Jelly: Python values as banana expressions."""

from __future__ import annotations

from typing import Any, Callable


class JellyError(Exception):
    """An expression that is no value, or a value that cannot be sent."""


class Instance:
    """A copied object of the peer's: its class's dotted name and its state."""

    def __init__(self, name: str, state: Any) -> None:
        self.name = name
        self.state = state


def _pairs(value: dict[Any, Any], export: Callable[[Any], Any]) -> list[Any]:
    return [[encode(key, export), encode(item, export)] for key, item in value.items()]


def encode(value: Any, export: Callable[[Any], Any]) -> Any:
    """The expression of a value; `export` makes that of an object passed by reference."""
    if value is None:
        return [b"None"]
    if isinstance(value, bool):
        return [b"boolean", b"true" if value else b"false"]
    if isinstance(value, str):
        return [b"unicode", value.encode("utf-8", "replace")]
    if isinstance(value, (int, float, bytes)):
        return value
    if isinstance(value, dict):
        return [b"dictionary", *_pairs(value, export)]
    if isinstance(value, list):
        return [b"list", *(encode(item, export) for item in value)]
    if isinstance(value, tuple):
        return [b"tuple", *(encode(item, export) for item in value)]
    if isinstance(value, Instance):
        return [value.name.encode(), encode(value.state, export)]
    return export(value)


class _Decoding:
    def __init__(self, remote: Callable[[int], Any], local: Callable[[int], Any]) -> None:
        self.remote = remote
        self.local = local
        self.shared: dict[int, Any] = {}

    def value(self, expression: Any, name: int | None = None) -> Any:
        """`name` is the number by which a container is known from its start: it may hold itself."""
        if not isinstance(expression, list):
            return expression
        if not expression or not isinstance(expression[0], bytes):
            raise JellyError("a list does not begin with a word")
        word, items = expression[0], expression[1:]
        if word == b"list":
            made: list[Any] = []
            self.remember(name, made)
            made.extend(self.value(item) for item in items)
            return made
        if word == b"dictionary":
            return self.dictionary(items, name)
        maker = _MAKERS.get(word)
        result = maker(self, items) if maker is not None else self.instance(word, items)
        self.remember(name, result)
        return result

    def remember(self, name: int | None, value: Any) -> None:
        if name is not None:
            self.shared[name] = value

    def dictionary(self, items: list[Any], name: int | None) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        self.remember(name, made)
        for pair in items:
            if not isinstance(pair, list) or len(pair) != 2:
                raise JellyError("a dictionary holds something that is no pair")
            try:
                made[self.value(pair[0])] = self.value(pair[1])
            except TypeError:
                raise JellyError("a dictionary's key cannot be a key") from None
        return made

    def instance(self, word: bytes, items: list[Any]) -> Instance:
        name = word.decode("ascii", "replace")
        if "." not in name or len(items) != 1:
            raise JellyError(f"unknown form {name!r}")
        return Instance(name, self.value(items[0]))

    def reference(self, items: list[Any]) -> Any:
        number, inner = self.two(items)
        value = self.value(inner, number)
        self.shared[number] = value
        return value

    def two(self, items: list[Any]) -> tuple[int, Any]:
        if len(items) != 2 or not isinstance(items[0], int):
            raise JellyError("a reference needs a number and a value")
        return items[0], items[1]

    def dereference(self, items: list[Any]) -> Any:
        if len(items) != 1 or items[0] not in self.shared:
            raise JellyError("a dereference of nothing")
        return self.shared[items[0]]

    def number(self, items: list[Any]) -> int:
        if len(items) != 1 or not isinstance(items[0], int):
            raise JellyError("an object reference needs a number")
        return items[0]

    def bytes_of(self, items: list[Any]) -> bytes:
        if len(items) != 1 or not isinstance(items[0], bytes):
            raise JellyError("a text form needs bytes")
        return items[0]


_MAKERS: dict[bytes, Callable[[_Decoding, list[Any]], Any]] = {
    b"None": lambda d, items: None,
    b"boolean": lambda d, items: d.bytes_of(items) == b"true",
    b"unicode": lambda d, items: d.bytes_of(items).decode("utf-8", "replace"),
    b"tuple": lambda d, items: tuple(d.value(item) for item in items),
    b"set": lambda d, items: {d.value(item) for item in items},
    b"frozenset": lambda d, items: frozenset(d.value(item) for item in items),
    b"reference": _Decoding.reference,
    b"dereference": _Decoding.dereference,
    b"remote": lambda d, items: d.remote(d.number(items)),
    b"local": lambda d, items: d.local(d.number(items)),
}


def decode(expression: Any, remote: Callable[[int], Any], local: Callable[[int], Any]) -> Any:
    """The value of an expression.

    `remote` makes the proxy of a peer's object, `local` finds one of our own that came back.
    Raises JellyError.
    """
    try:
        return _Decoding(remote, local).value(expression)
    except TypeError:
        raise JellyError("a set holds something that cannot be in a set") from None
