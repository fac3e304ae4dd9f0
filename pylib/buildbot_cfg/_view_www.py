# SPDX-License-Identifier: MIT
"""Logins and rules of ``c["www"]`` as the core reads them: plain data unless users wrote code."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._declared import is_broken
from buildbot_cfg._errors import report, warn
from buildbot_cfg._view_services import no_auth
from buildbot_cfg._where import Location
from buildbot_cfg.plugins._inactive import TEXT, is_inactive
from buildbot_cfg.www import auth as auths
from buildbot_cfg.www.authz import endpointmatchers, roles
from buildbot_cfg.www.authz.authz import Authz, fnmatchStrMatcher

_RULES: dict[type, str] = {
    endpointmatchers.AnyEndpointMatcher: "any",
    endpointmatchers.AnyControlEndpointMatcher: "any_control",
    endpointmatchers.ForceBuildEndpointMatcher: "force_build",
    endpointmatchers.StopBuildEndpointMatcher: "stop_build",
    endpointmatchers.RebuildBuildEndpointMatcher: "rebuild_build",
    endpointmatchers.EnableSchedulerEndpointMatcher: "enable_scheduler",
}


def auth_view(auth: Any, where: Location) -> dict[str, Any]:
    """What the core needs of ``c["www"]["auth"]``."""
    view = no_auth()
    if auth is None or is_broken(auth):
        return view
    if not isinstance(auth, auths.AuthBase):
        report(f"must be a way to log in such as util.UserPasswordAuth, not {shown(auth)}",
               'c["www"]["auth"]', where)  # fmt: skip
        return view
    # Who uses a way to log in that is not active is not logged in.
    if isinstance(auth, auths.NoAuth) or is_inactive(auth):
        return view
    view["name"] = type(auth).__name__
    provider = auth.userInfoProvider
    view["has_user_info"] = provider is not None and not is_inactive(provider)
    if isinstance(auth, auths.UserPasswordAuth):
        view.update(kind="passwords", passwords=dict(auth.users))
    elif hasattr(auth, "_check"):
        view["kind"] = "hook"
    else:
        what = f"{TEXT}; util.CustomAuth is: nobody can log in"
        warn(what, type(auth).__name__, where)
        view["name"] = "NoAuth"
    if view["kind"] == "hook" or view["has_user_info"]:
        view["hooks"] = auth
    return view


def authz_view(authz: Any, where: Location) -> dict[str, Any] | None:
    """What the core needs of ``c["www"]["authz"]``; None: there are no rules."""
    if authz is None or is_broken(authz):
        return None
    if not isinstance(authz, Authz):
        report(f"must be a util.Authz, not {shown(authz)}", 'c["www"]["authz"]', where)
        return None
    rules = [_rule(rule) for rule in authz.allowRules]
    role_matchers = [_roles(m) for m in [*authz.roleMatchers, *authz.ownerRoleMatchers]]
    has_python_roles = (
        None in role_matchers
        or authz.match is not fnmatchStrMatcher
        or type(authz).assertUserAllowed is not Authz.assertUserAllowed
    )
    needs_python = has_python_roles or any(rule[0] == "python" for rule in rules)
    return {
        "rules": rules,
        "role_matchers": [m for m in role_matchers if m is not None],
        "has_python_roles": has_python_roles,
        "hooks": authz if needs_python else None,
    }


def _rule(rule: Any) -> tuple[str, str | None, str, bool]:
    kind = _RULES.get(type(rule), "python")
    return kind, getattr(rule, "builder", None), rule.role, rule.defaultDeny


def _roles(matcher: Any) -> tuple[str, str, dict[str, list[str]]] | None:
    kind = type(matcher)
    if kind is roles.RolesFromGroups:
        return "groups", matcher.groupPrefix, {}
    if kind is roles.RolesFromEmails:
        return "emails", "", matcher.roles
    if kind is roles.RolesFromDomain:
        return "domain", "", matcher.roles
    if kind is roles.RolesFromUsername:
        return "username", "", {name: list(matcher.roles) for name in matcher.usernames}
    if kind is roles.RolesFromOwner:
        return "owner", matcher.role, {}
    return None
