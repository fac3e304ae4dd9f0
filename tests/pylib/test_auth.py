# SPDX-License-Identifier: MIT
"""What the core gets of logins and rules, and what is refused in them."""

from __future__ import annotations

import pytest

HEAD = """\
from buildbot.plugins import *
from buildbot.www.authz import endpointmatchers, roles
from buildbot.www import auth
c = BuildmasterConfig = {}
c['protocols'] = {'pb': {'port': 9989}}
c['workers'] = [worker.Worker('w1', 'pw')]
c['builders'] = [util.BuilderConfig(name='b', workernames=['w1'], factory=util.BuildFactory())]
c['schedulers'] = [schedulers.ForceScheduler(name='force', builderNames=['b'])]
"""


def test_plain_rules_need_no_python(good):
    www = good(
        HEAD
        + """c['www'] = {'auth': util.UserPasswordAuth([('ann', b'x'), (b'bob', 'y')]), 'authz': util.Authz(
        allowRules=[util.ForceBuildEndpointMatcher('b*', role='r', defaultDeny=False),
            util.AnyControlEndpointMatcher(role='admins')],
        roleMatchers=[util.RolesFromOwner('o'), util.RolesFromUsername(['a'], ['ann']),
            util.RolesFromEmails(x=['e'], y=['e']), util.RolesFromGroups('g-')])}"""
    ).www

    assert www["auth"] == {
        "kind": "passwords", "name": "UserPasswordAuth", "passwords": {"ann": "x", "bob": "y"}, "hooks": None,
        "has_user_info": False,
    }  # fmt: skip
    assert www["authz"] == {
        "rules": [("force_build", "b*", "r", False), ("any_control", None, "admins", True)],
        "role_matchers": [
            ("username", "", {"ann": ["a"]}), ("emails", "", {"e": ["x", "y"]}), ("groups", "g-", {}),
            ("owner", "o", {}),
        ],
        "has_python_roles": False,
        "hooks": None,
    }  # fmt: skip
    assert www["session_seconds"] == 7 * 24 * 3600
    assert "x" not in str(www["settings"].values())


def test_nothing_given_is_nobody_and_no_rules(good):
    www = good(HEAD + "c['www'] = {}").www

    assert (www["auth"]["kind"], www["auth"]["name"], www["authz"]) == ("none", "NoAuth", None)


OWN = {
    "rule": "util.Authz([Rule(role='r')])",
    "subclass of a stock rule": "util.Authz([Stop(role='r')])",
    "roles": "util.Authz([], [Roles()])",
    "patterns": "util.Authz([], stringsMatcher=util.reStrMatcher)",
    "decision": "Own([])",
}


@pytest.mark.parametrize("name", OWN)
def test_own_classes_are_asked(good, name):
    www = good(
        HEAD
        + f"""
class Rule(endpointmatchers.EndpointMatcherBase):
    pass
class Stop(util.StopBuildEndpointMatcher):
    pass
class Roles(roles.RolesFromBase):
    pass
class Own(util.Authz):
    async def assertUserAllowed(self, ep, action, options, userDetails):
        pass
c['www'] = {{'authz': {OWN[name]}}}"""
    ).www

    assert www["authz"]["hooks"] is not None


WRONG = {
    "auth": ("c['www'] = {'auth': 'x'}", "must be a way to log in"),
    "authz": ("c['www'] = {'authz': []}", "must be a util.Authz"),
    "users": ("util.UserPasswordAuth(5)", '"users" must be a dict'),
    "password": ("util.UserPasswordAuth({'ann': 5})", "must be strings"),
    "empty password": ("util.UserPasswordAuth({'ann': ''})", "the password is empty"),
    "rules": ("util.Authz(allowRules=[util.RolesFromOwner('x')])", "must hold endpoint matchers"),
    "rule without role": ("util.AnyEndpointMatcher()", 'argument "role" is missing'),
    "builder": ("util.StopBuildEndpointMatcher(builder=5, role='x')", '"builder" must be a string'),
    "unknown": ("util.AnyEndpointMatcher(role='x', rol='y')", 'unknown argument "rol"'),
    "emails": ("util.RolesFromEmails(admins='ann')", '"admins" must be a list'),
    "life": ("c['www'] = {'cookie_expiration_time': 5}", "must be a timedelta"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_are_told_with_their_line(load, name):
    source, what = WRONG[name]

    problems = load(HEAD + source).problems

    assert any(what in str(problem) for problem in problems), problems
    assert all(problem[1] >= 9 for problem in problems)
