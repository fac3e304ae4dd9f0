# SPDX-License-Identifier: MIT
"""Programs of version controls that scripts of scenarios run, and a git that does not do as it is told."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stage import Stage

_GIT = """#!/bin/sh
for word in "$@"; do
  case $word in
{cases}
  esac
done
exec /usr/bin/git "$@"
"""


def fake_git(stage: Stage, cases: str) -> None:
    """Puts a git before the real one that looks at each word of its command by the `cases` of a shell."""
    stage.program("git", _GIT.format(cases=cases.strip("\n")))


def run(*words: str, cwd: Path | None = None) -> None:
    """Runs a program that must not fail, without a home."""
    env = {**os.environ, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
    subprocess.run(words, check=True, cwd=cwd, capture_output=True, env=env)


def svn(*words: str, cwd: Path | None = None) -> None:
    run("svn", "--non-interactive", "--username", "ann", *words, cwd=cwd)
