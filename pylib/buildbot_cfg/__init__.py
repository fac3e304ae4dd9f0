# SPDX-License-Identifier: MIT
"""The configuration language of Kilnbot: what a ``master.cfg`` imports as ``buildbot``."""

#: The Buildbot version whose interface this package offers.
version = "4.3.0"
__version__ = version


def getVersion(init_file: str) -> str:
    """The version of the package that a file belongs to.

    That is the text of ``VERSION`` beside it, else the day of its last change.

    Args:
        init_file: ``__file__`` of a module of the package.
    """
    import datetime
    from pathlib import Path

    file = Path(init_file)
    if file.parent == Path(__file__).parent:
        return version
    try:
        return (file.parent / "VERSION").read_text(encoding="utf-8").strip()
    except OSError:
        changed = file.stat().st_mtime if file.exists() else 0
        return f"{datetime.datetime.fromtimestamp(changed, datetime.timezone.utc):%Y.%m.%d}"
