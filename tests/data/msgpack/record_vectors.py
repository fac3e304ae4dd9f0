# SPDX-License-Identifier: MIT
"""Writes vectors.json: values as the package msgpack of PyPI packs them, and as ntpath and posixpath join paths."""

from __future__ import annotations

import json
import math
import ntpath
import posixpath
import struct
from pathlib import Path
from typing import Any

import msgpack

SIZES = (0, 1, 15, 16, 31, 32, 255, 256)
NUMBERS = sorted(
    {
        sign * (2**bits + more)
        for bits in (0, 3, 5, 7, 8, 15, 16, 31, 32, 63)
        for more in (-1, 0, 1)
        for sign in (1, -1)
    }
    | {0, 2**64 - 1, -(2**63)}
)
VALUES: list[Any] = [
    None, True, False, 0.0, -1.5, 1e300, 5e-324, 0.1, "", "café €", "\x00\n", [], {}, [[[[]]]],
    {"a": [1, {"b": None}], "c": "d"}, [1, "two", 3.5, None, False],
    *(number for number in NUMBERS if -(2**63) <= number < 2**64),
    *("x" * size for size in SIZES), *([0] * size for size in SIZES), {f"k{i}": i for i in range(16)},
    {f"k{i}": i for i in range(15)},
]  # fmt: skip
#: What JSON cannot say, or what msgpack packs in another way than given; each with the items read.
ITEMS: list[tuple[bytes, list[str]]] = [
    *((msgpack.packb(b"y" * size), [f"bytes {'79' * size}"]) for size in SIZES),
    *((msgpack.packb(msgpack.ExtType(5, b"z" * size)), [f"extension 5 {'7a' * size}"]) for size in (0, 1, 2, 3, 4, 8, 16, 17, 256)),
    (msgpack.packb(msgpack.Timestamp(1, 0)), ["extension -1 00000001"]),
    (msgpack.packb([b"", {"k": b"v"}]), ["array 2", "bytes ", "map 1", "text 6b", "bytes 76"]),
    (b"\xca" + struct.pack(">f", 0.5), ["real 0.5"]),
    (b"\xcd\x00\x01", ["integer 1"]),
    (b"\xd3" + struct.pack(">q", -1), ["integer -1"]),
    (b"\xdb\x00\x00\x00\x01a", ["text 61"]),
    (b"\xdd\x00\x00\x00\x01\xc0", ["array 1", "nil"]),
    (b"\xdf\x00\x00\x00\x01\xc0\xc3", ["map 1", "nil", "true"]),
]  # fmt: skip
WRONG = [
    b"", b"\xc1", b"\xcc", b"\xcd\x00", b"\xcb\x00\x00", b"\xa2a", b"\xd9\x05abc", b"\xc6\xff\xff\xff\xffa", b"\x91", b"\x81\xc0",
    b"\xdc\xff\xff\xc0", b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc7\x02\x05a", b"\xd8\x01",
]  # fmt: skip
PARTS = [
    "/b",
    "b/",
    "",
    "d",
    "d/e",
    "/abs",
    "../up",
    "~",
    "C:\\w",
    "C:x",
    "c:\\y",
    "D:z",
    "\\root",
    "//host/share/p",
    "a\\b",
]


def joined(module: Any) -> list[list[Any]]:
    pairs = [
        [base, part]
        for base in ("/srv/w", "C:\\w", "C:", "w\\", "\\\\host\\share", "")
        for part in PARTS
    ]
    return [[*pair, module.join(*pair)] for pair in pairs]


def main() -> None:
    for wrong in WRONG:
        try:
            msgpack.unpackb(wrong)
        except (ValueError, msgpack.UnpackException):
            continue
        raise AssertionError(wrong)
    for packed, _ in ITEMS:
        msgpack.unpackb(packed, strict_map_key=False)
    assert not any(isinstance(value, float) and not math.isfinite(value) for value in VALUES)
    values = [{"json": json.dumps(value), "hex": msgpack.packb(value).hex()} for value in VALUES]
    items = [{"hex": packed.hex(), "items": read} for packed, read in ITEMS]
    data = {"values": values, "items": items, "wrong": [wrong.hex() for wrong in WRONG],
            "posix_paths": joined(posixpath), "nt_paths": joined(ntpath)}  # fmt: skip
    keys = [
        f"{json.dumps(key)}: [\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]"
        for key, rows in data.items()
    ]
    Path(__file__).with_name("vectors.json").write_text("{\n" + ",\n".join(keys) + "\n}\n")


if __name__ == "__main__":
    main()
