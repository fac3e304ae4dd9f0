# SPDX-License-Identifier: MIT
"""Links from changes to the web pages of their commits: ``c["revlink"]``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._declared import Declared
from buildbot_cfg._errors import report


class RevlinkMatch(metaclass=Declared):
    r"""The page of a revision, for repositories that match a pattern.

    Args:
        repo_urls: a pattern or a list of them, matched against the repository's whole URL.
        revlink: the page's URL: ``\1`` is the pattern's first group, ``%s`` the revision.

    Example:
        >>> link = RevlinkMatch([r"https://git.example.org/(.*)"], r"https://example.org/\1/c/%s")
        >>> link("abc", "https://git.example.org/app")
        'https://example.org/app/c/abc'
    """

    def __init__(self, repo_urls: str | Iterable[str], revlink: str) -> None:
        urls = [repo_urls] if isinstance(repo_urls, str) else repo_urls
        self.repo_urls: list[re.Pattern[str]] = []
        if not isinstance(urls, Iterable):
            report(f'"repo_urls" must be a list of patterns, not {shown(urls)}', "RevlinkMatch")
            urls = []
        for url in urls:
            try:
                self.repo_urls.append(re.compile(url))
            except (re.error, TypeError) as error:
                report(f'"repo_urls": {shown(url)} is not a pattern: {error}', "RevlinkMatch")
        self.revlink = revlink

    def __call__(self, rev: str, repo: str) -> str | None:
        """The page's URL, or None when no pattern matches."""
        for url in self.repo_urls:
            found = url.match(repo)
            if found:
                return found.expand(self.revlink) % rev
        return None


class GitwebMatch(RevlinkMatch):
    """The page of a revision in a gitweb.

    Args:
        repo_urls: a pattern or a list of them.
        revlink: the gitweb's address with the repository; the revision is added.
    """

    def __init__(self, repo_urls: str | Iterable[str], revlink: str) -> None:
        super().__init__(repo_urls, revlink + r";a=commit;h=%s")


class RevlinkMultiplexer:
    """The first answer of several.

    Args:
        revlinks: functions (revision, repository).
    """

    def __init__(self, *revlinks: Callable[[str, str], Any]) -> None:
        self.revlinks = revlinks

    def __call__(self, rev: str, repo: str) -> Any:
        """The page's URL, or None."""
        for revlink in self.revlinks:
            url = revlink(rev, repo)
            if url:
                return url
        return None


GithubRevlink = RevlinkMatch(
    [
        r"https://github\.com/([^/]*)/([^/]*?)(?:\.git)?$",
        r"git://github\.com/([^/]*)/([^/]*?)(?:\.git)?$",
        r"git@github\.com:([^/]*)/([^/]*?)(?:\.git)?$",
        r"ssh://git@github\.com/([^/]*)/([^/]*?)(?:\.git)?$",
    ],
    r"https://github.com/\1/\2/commit/%s",
)
BitbucketRevlink = RevlinkMatch(
    [
        r"https://[^@]*@bitbucket\.org/([^/]*)/([^/]*?)(?:\.git)?$",
        r"git@bitbucket\.org:([^/]*)/([^/]*?)(?:\.git)?$",
    ],
    r"https://bitbucket.org/\1/\2/commits/%s",
)
SourceforgeGitRevlink = GitwebMatch(
    [
        r"git://([^.]*)\.git\.sourceforge\.net/gitroot/(.*)$",
        r"[^@]*@([^.]*)\.git\.sourceforge\.net:gitroot/(.*)$",
        r"ssh://(?:[^@]*@)?([^.]*)\.git\.sourceforge\.net/gitroot/(.*)$",
    ],
    r"http://\1.git.sourceforge.net/git/gitweb.cgi?p=\2",
)
SourceforgeGitRevlink_AlluraPlatform = RevlinkMatch(
    [
        r"git://git\.code\.sf\.net/p/(?P<repo>.*)$",
        r"http://git\.code\.sf\.net/p/(?P<repo>.*)$",
        r"ssh://(?:[^@]*@)?git\.code\.sf\.net/p/(?P<repo>.*)$",
    ],
    r"https://sourceforge.net/p/\1/ci/%s/",
)
#: What is used without ``c["revlink"]``.
default_revlink_matcher = RevlinkMultiplexer(
    GithubRevlink, BitbucketRevlink, SourceforgeGitRevlink, SourceforgeGitRevlink_AlluraPlatform
)
