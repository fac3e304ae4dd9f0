# SPDX-License-Identifier: MIT
"""A real git repository that a test fills."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_ENV = {
    **os.environ,
    "GIT_AUTHOR_NAME": "Ann Author",
    "GIT_AUTHOR_EMAIL": "ann@x.org",
    "GIT_COMMITTER_NAME": "Carl Committer",
    "GIT_COMMITTER_EMAIL": "carl@x.org",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
}


class Repository:
    """A repository with a working tree; its branch is ``main``."""

    def __init__(self, path):
        self.path = Path(path)
        self.path.mkdir(parents=True)
        self._env = dict(
            _ENV
        )  # with the date of its last commit; other threads have other repositories
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        self.time = 1_600_000_000

    @property
    def url(self):
        return f"file://{self.path}"

    def git(self, *args, feed=None):
        result = subprocess.run(
            ["git", "-C", str(self.path), *args],
            check=True,
            capture_output=True,
            env=self._env,
            input=feed,
        )
        return result.stdout.decode().strip()

    def commit(self, message, files=None):
        for name, text in (files or {"file": message}).items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
            self.git("add", "--", name)
        self.time += 60
        date = f"{self.time} +0000"
        self._env["GIT_AUTHOR_DATE"] = self._env["GIT_COMMITTER_DATE"] = date
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.head()

    def head(self, ref="HEAD"):
        return self.git("rev-parse", ref)
