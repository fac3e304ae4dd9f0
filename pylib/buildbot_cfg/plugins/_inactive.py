# SPDX-License-Identifier: MIT
"""What a configuration may hold, but what does nothing in this version.

Such objects are checked in full when the configuration is loaded; the log and ``checkconfig`` say
of each that it is not active. Who makes a class work takes its line out, and that is all.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from buildbot_cfg._errors import warn
from buildbot_cfg._where import Location

TEXT = "accepted, not active in this version"

#: Classes below ``buildbot_cfg``; their subclasses are meant too.
CLASSES = frozenset(
    """
    changes.bitbucket.BitbucketPullrequestPoller
    changes.gerritchangesource.GerritChangeSourceBase
    changes.github.GitHubPullrequestPoller
    changes.hgpoller.HgPoller
    changes.mail.MaildirSource
    changes.p4poller.P4Source
    changes.svnpoller.SVNPoller
    configurators.janitor.JanitorConfigurator
    locks.BaseLockId
    machine.base.Machine
    manhole.BaseManhole
    process.users.manual.CommandlineUserManager
    reporters.base.ReporterBase
    reporters.irc.IRC
    reporters.irc.IrcStatusFactory
    reporters.telegram.TelegramBot
    statistics.stats_service.StatsService
    util.kubeclientservice.KubeConfigLoaderBase
    worker.latent.AbstractLatentWorker
    worker.local.LocalWorker
    www.auth.RemoteUserAuth
    www.avatar.AvatarBase
    www.ldapuserinfo.LdapUserInfo
    www.oauth2.OAuth2Auth
    """.split()
)
#: Entries of c["www"]["change_hook_dialects"].
DIALECTS = frozenset(
    "bitbucket bitbucketcloud bitbucketserver github gitlab gitorious poller".split()
)


_known: WeakKeyDictionary[type, bool] = WeakKeyDictionary()


def is_inactive(value: object) -> bool:
    """Whether the object is checked, but does nothing."""
    cls = type(value)
    if cls not in _known:
        _known[cls] = any(_path(base) in CLASSES for base in cls.__mro__)
    return _known[cls]


def _path(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}".removeprefix("buildbot_cfg.").removeprefix(
        "buildbot."
    )


def warn_if_inactive(value: Any, label: str, where: Location) -> bool:
    """Says so of an object that does nothing; whether that is so."""
    inactive = is_inactive(value)
    if inactive:
        warn(TEXT, label, where)
    return inactive
