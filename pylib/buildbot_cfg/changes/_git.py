# SPDX-License-Identifier: MIT
"""The git program, called without a shell; names from a repository are never options."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterable
from pathlib import Path

#: Where fetched commits are kept from being pruned: <prefix><name of the remote's ref>.
_KEPT = "refs/kilnbot/"


class GitError(Exception):
    """A git command failed; the text says which and why."""


class Git:
    """Commands in one bare repository.

    Args:
        program: the git program.
        directory: the repository.
        options: of git, before the commands.
    """

    def __init__(self, program: str, directory: Path, options: Iterable[str] = ()) -> None:
        self.program, self.directory, self.options = program, directory, list(options)
        #: Variables that its commands get besides the master's.
        self.environment: dict[str, str] = {}
        self.head = ""

    async def run(self, *args: str, feed: bytes = b"") -> bytes:
        """The output of a command; when this is cancelled, the command is killed.

        Raises:
            GitError: it failed.
        """
        own = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **self.environment}
        environment = {**os.environ, **own}
        try:
            process = await asyncio.create_subprocess_exec(
                self.program,
                f"--git-dir={self.directory}",
                *self.options,
                *args,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise GitError(f'cannot run "{self.program}": {error.strerror}') from error
        try:
            output, errors = await process.communicate(feed)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            raise
        if process.returncode:
            text = errors.decode("utf-8", "replace").strip().replace("\n", "; ")
            raise GitError(f"git {args[0]} failed with status {process.returncode}: {text}")
        return output

    async def make(self) -> None:
        """Makes the repository unless it is there."""
        if not (self.directory / "HEAD").exists():
            self.directory.mkdir(parents=True, exist_ok=True)
            await self.run("init", "--bare", "--quiet")

    async def remote_refs(self, url: str) -> dict[str, str]:
        """Commits of the remote's refs by full name; ``head`` then is the name of its HEAD."""
        output = await self.run("ls-remote", "--symref", "--end-of-options", url)
        refs: dict[str, str] = {}
        for line in output.decode("utf-8", "surrogateescape").splitlines():
            commit, _, ref = line.partition("\t")
            if commit.startswith("ref: "):
                if ref == "HEAD":
                    self.head = commit.removeprefix("ref: ")
            elif not ref.endswith("^{}"):
                refs[ref] = commit
        return refs

    async def fetch(self, url: str, refs: Iterable[str]) -> dict[str, str]:
        """Fetches refs of the remote; gives their commits."""
        refs = list(refs)
        if not refs:
            return {}
        specs = "".join(f"+{ref}:{_KEPT}{ref}\n" for ref in refs)
        await self.run(
            "fetch",
            "--quiet",
            "--force",
            "--no-tags",
            "--stdin",
            "--end-of-options",
            url,
            feed=specs.encode("utf-8", "surrogateescape"),
        )
        wanted = "".join(f"{_KEPT}{ref}^{{commit}}\n" for ref in refs)
        output = await self.run(
            "cat-file",
            "--batch-check=%(objectname)",
            feed=wanted.encode("utf-8", "surrogateescape"),
        )
        commits = output.decode().splitlines()
        return {ref: c for ref, c in zip(refs, commits, strict=True) if " " not in c}

    async def existing(self, commits: Iterable[str]) -> list[str]:
        """Those of the commits that the repository has."""
        feed = "".join(f"{commit}\n" for commit in set(commits)).encode()
        output = await self.run("cat-file", "--batch-check=%(objectname)", feed=feed)
        return sorted(line for line in output.decode().splitlines() if " " not in line)

    async def new_commits(self, head: str, known: Iterable[str]) -> list[str]:
        """Commits along the first parents of ``head`` that no known one has, oldest first."""
        feed = "".join(f"^{commit}\n" for commit in known).encode()
        output = await self.run(
            "rev-list", "--first-parent", "--reverse", "--stdin", feed=feed + f"{head}\n".encode()
        )
        return output.decode().split()

    async def show(self, commit: str, fmt: str) -> bytes:
        """Details of a commit."""
        return await self.run(
            "-c", "log.showSignature=false", "show", "--no-patch", f"--format={fmt}", commit
        )

    async def files(self, commit: str, encoding: str) -> list[str]:
        """The files that a commit changed, compared with its first parent."""
        output = await self.run(
            "-c",
            "log.showRoot=true",
            "-c",
            "log.showSignature=false",
            "log",  # diff-tree would compare a merge with all its parents
            "--no-walk",
            "--format=",
            "--name-only",
            "-z",
            "-m",
            "--first-parent",
            commit,
        )
        return [name.decode(encoding, "replace") for name in output.split(b"\0") if name]
