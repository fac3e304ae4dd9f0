# SPDX-License-Identifier: MIT
"""Small things that configurations import from here."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from buildbot_cfg import _tasks
from buildbot_cfg.config.builder import safe_filename as safeTranslate
from buildbot_cfg.util._comparable import ComparableMixin
from buildbot_cfg.util.misc import deferredLocked

__all__ = [
    "ComparableMixin",
    "NotABranch",
    "asyncSleep",
    "bytes2unicode",
    "command_to_string",
    "datetime2epoch",
    "deferredLocked",
    "epoch2datetime",
    "flatten",
    "formatInterval",
    "naturalSort",
    "now",
    "safeTranslate",
    "sibpath",
    "stripUrlPassword",
    "unicode2bytes",
]


class _NotABranch:
    """Stands for "no branch was given", because None is a branch (the default one)."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "NotABranch"


NotABranch = _NotABranch()


def bytes2unicode(x: Any, encoding: str = "utf-8", errors: str = "strict") -> Any:
    """Bytes as text; anything else unchanged (None stays None).

    Example:
        >>> bytes2unicode(b"main")
        'main'
    """
    return x.decode(encoding, errors) if isinstance(x, bytes) else x


def unicode2bytes(x: Any, encoding: str = "utf-8", errors: str = "strict") -> Any:
    """Text as bytes; anything else unchanged."""
    return x.encode(encoding, errors) if isinstance(x, str) else x


def flatten(l: Any, types: tuple[type, ...] = (list,)) -> Any:  # noqa: E741
    """A nested list made flat.

    Example:
        >>> flatten([1, [2, [3]]])
        [1, 2, 3]
    """
    if not isinstance(l, types):
        return l
    flat: list[Any] = []
    nested: Any = l
    for item in nested:
        if isinstance(item, types):
            flat.extend(flatten(item, types))
        else:
            flat.append(item)
    return flat


def command_to_string(command: Any) -> str | None:
    """The first words of a command, quoted, for summaries."""
    from buildbot_cfg.process._summary import command_text

    return command_text(command)


def now(_reactor: Any = None) -> float:
    """Seconds since 1970."""
    return datetime.now(tz=timezone.utc).timestamp()


@_tasks.started
async def asyncSleep(delay: float, reactor: Any = None) -> None:
    """Waits for ``delay`` seconds, by the clock of ``reactor`` if one is given."""
    if reactor is None:
        await asyncio.sleep(delay)
        return
    passed = asyncio.get_running_loop().create_future()
    reactor.callLater(delay, passed.set_result, None)
    await passed


def epoch2datetime(epoch: float | None) -> datetime | None:
    """Seconds since 1970 as a time in UTC; None stays None."""
    return None if epoch is None else datetime.fromtimestamp(epoch, tz=timezone.utc)


def datetime2epoch(dt: datetime | None) -> int | None:
    """A time as seconds since 1970; None stays None."""
    return None if dt is None else int(dt.timestamp())


def naturalSort(l: list[str]) -> list[str]:  # noqa: E741
    """Sorted with numbers by value.

    Example:
        >>> naturalSort(["r10", "r9"])
        ['r9', 'r10']
    """
    return sorted(
        l, key=lambda text: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", text)]
    )


def formatInterval(eta: float) -> str:
    """Seconds in words.

    Example:
        >>> formatInterval(3723)
        '1 hrs, 2 mins, 3 secs'
    """
    parts = []
    if eta > 3600:
        parts.append(f"{int(eta // 3600)} hrs")
        eta %= 3600
    if eta > 60:
        parts.append(f"{int(eta // 60)} mins")
        eta %= 60
    return ", ".join([*parts, f"{int(eta)} secs"])


def stripUrlPassword(url: str) -> str:
    """The URL with the password in it, if any, replaced by x's.

    Example:
        >>> stripUrlPassword("https://ann:secret@example.org/")
        'https://ann:xxxx@example.org/'
    """
    parts = list(urlsplit(url))
    account, at, host = parts[1].rpartition("@")
    if at and ":" in account:
        parts[1] = f"{account.split(':', 1)[0]}:xxxx@{host}"
    return urlunsplit(parts)


def sibpath(path: str, sibling: str) -> str:
    """The path of a file in the same folder."""
    return str(Path(path).absolute().parent / sibling)
