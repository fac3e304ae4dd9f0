# SPDX-License-Identifier: MIT
"""Credentials for git, as ``git credential approve`` reads them."""

from __future__ import annotations

from typing import Any, NamedTuple

from buildbot_cfg.process._rendering import is_renderable

__all__ = [
    "GitCredentialInputRenderer",
    "GitCredentialOptions",
    "add_user_password_to_credentials",
]

#: git forgets what it knows when it reads the URL: it has to come first.
_FIRST = "url"


class GitCredentialInputRenderer:
    """One credential, of attributes that may be renderables.

    Example:
        >>> made = GitCredentialInputRenderer(username="me", url="https://example.org")
    """

    def __init__(self, **credential_attributes: Any) -> None:
        self._attributes = sorted(credential_attributes.items(), key=lambda item: item[0] != _FIRST)

    async def getRenderingFor(self, build: Any) -> str:
        """The lines ``name=value``."""
        lines = []
        for name, value in self._attributes:
            rendered = await build.render(value) if is_renderable(value) else value
            if rendered is not None:
                lines.append(f"{name}={rendered}\n")
        return "".join(lines)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, GitCredentialInputRenderer) and self._attributes == other._attributes
        )

    def __hash__(self) -> int:
        return hash(tuple(name for name, _ in self._attributes))

    def __repr__(self) -> str:
        return f"<GitCredentialInputRenderer {', '.join(name for name, _ in self._attributes)}>"


class GitCredentialOptions(NamedTuple):
    """What ``git_credentials`` of Git steps takes.

    Args:
        credentials: texts or renderables, each the input of ``git credential approve``.
        use_http_path: git's setting ``credential.useHttpPath``; None: left alone.
    """

    credentials: list[Any]
    use_http_path: bool | None = None


def add_user_password_to_credentials(
    auth_credentials: tuple[Any, Any], url: Any, credential_options: GitCredentialOptions | None
) -> GitCredentialOptions:
    """The options with a user's name and password for a repository before the others."""
    username, password = auth_credentials
    own = GitCredentialInputRenderer(url=url, username=username, password=password)
    if credential_options is None:
        return GitCredentialOptions([own])
    return credential_options._replace(credentials=[own, *credential_options.credentials])


def store_options(file: str, given: GitCredentialOptions) -> list[str]:
    """Options of git that make it ask nothing but this file, which ``credential approve`` fills."""
    # The empty helper forgets the helpers of the machine's own settings.
    words = ["-c", "credential.helper=", "-c", f'credential.helper=store "--file={file}"']
    if given.use_http_path is not None:
        words += ["-c", f"credential.useHttpPath={str(given.use_http_path).lower()}"]
    return words
