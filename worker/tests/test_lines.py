# SPDX-License-Identifier: MIT
"""Lines, and the buffer that gathers them."""

from __future__ import annotations

from typing import Any

import pytest

from kilnbot_worker.lines import Lines, LineSplitter, OutputBuffer, OutputSettings


def split(*pieces: str, **settings: Any) -> str:
    splitter = LineSplitter(OutputSettings(**settings))
    found = [splitter.append(piece, 1.0) for piece in pieces] + [splitter.flush(2.0)]
    return "".join(lines.text for lines in found if lines is not None)


@pytest.mark.parametrize(
    "pieces, expected",
    [
        (["a\nb\n"], "a\nb\n"),
        (["a", "b\nc", "\n"], "ab\nc\n"),
        (["end"], "end\n"),
        (["a\r\nb\rc\n"], "a\nb\nc\n"),
        (["a\r", "\nb\n"], "a\nb\n"),  # cut between the two
        (["a\r", "b\n"], "a\nb\n"),
        (["10%\x08\x08\x0820%\n"], "10%\n20%\n"),
        (["a\033[ub\033[2Jc\033[1;20Hd\033[3;4fe\n"], "a\nb\nc\nd\ne\n"),
        (["a\033[2", "Jb\n"], "a\nb\n"),
        (["\n\n"], "\n\n"),
        ([""], ""),
    ],
)
def test_text_becomes_whole_lines(pieces: list[str], expected: str) -> None:
    assert split(*pieces) == expected


@pytest.mark.parametrize(
    "length, parts", [(9, [9]), (10, [9, 1]), (18, [9, 9]), (19, [9, 9, 1]), (30, [9, 9, 9, 3])]
)
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_long_lines_are_cut_without_losing_a_letter(
    length: int, parts: list[int], step: int
) -> None:
    text = "x" * length + "\nend\n"
    pieces = [text[i : i + step] for i in range(0, len(text), step)]

    found = split(*pieces, max_line_length=10)

    assert [len(line) for line in found.splitlines()] == parts + [3]


def test_lines_know_where_they_end_and_when_they_began() -> None:
    splitter = LineSplitter(OutputSettings())

    assert splitter.append("a\nbc", 1.0) == Lines("a\n", [1], [1.0])
    assert splitter.append("d\ne\n", 2.0) == Lines("bcd\ne\n", [3, 5], [1.0, 2.0])


def test_the_buffer_joins_neighbours_and_keeps_the_order() -> None:
    buffer = OutputBuffer(OutputSettings())
    buffer.add_text("stdout", "a\n", 1.0)
    buffer.add_text("stdout", "b\n", 2.0)
    buffer.add_text("stderr", "c\n", 3.0)
    buffer.add_text("log", "d\n", 4.0, "my.log")
    buffer.add_text("stdout", "rest", 5.0)
    buffer.add_value("rc", 0)
    buffer.finish_lines(6.0)

    assert buffer.take() == [
        ("stdout", Lines("a\nb\n", [1, 3], [1.0, 2.0])),
        ("stderr", Lines("c\n", [1], [3.0])),
        ("log", ("my.log", Lines("d\n", [1], [4.0]))),
        ("rc", 0),
        ("stdout", Lines("rest\n", [4], [5.0])),
    ]
    assert buffer.empty


def test_the_buffer_is_full_by_text_and_lines() -> None:
    buffer = OutputBuffer(OutputSettings(buffer_size=100))
    buffer.add_text("stdout", "a\n" * 5, 1.0)
    assert not buffer.full

    buffer.add_text("stdout", "a\n", 1.0)

    assert buffer.full
