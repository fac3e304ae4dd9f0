# SPDX-License-Identifier: MIT
"""The same rules forbid the same things as under Buildbot 4.3.

What upstream answered is kept in tests/data/authz.json. To record it again, run this file with KILN_RECORD=1 and
KILN_MASTER_CMD naming upstream's `buildbot`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from browsing import Browser
from running import ROOT, Master, Worker, running

Ids = dict[str, int]
RECORDED = ROOT / "tests" / "data" / "authz.json"

CONFIG = """
from buildbot.www.auth import UserInfoProviderBase
from buildbot.www.authz.endpointmatchers import EndpointMatcherBase, Match
from buildbot.www.authz.roles import RolesFromBase

class Groups(UserInfoProviderBase):
    name = "groups"
    async def getUserInfo(self, username):
        info = {{"username": username, "email": username}}
        if username == "bob":
            info["groups"] = ["ci-admins", "ci-staff", "others"]
        return info

class Secret(EndpointMatcherBase):
    "One build, and all workers."
    async def match_BuildEndpoint_GET(self, epobject, epdict, options):
        build = await epobject.get({{}}, epdict)
        return Match(self.master, build=build) if build and build["buildid"] == 2 else None
    def match_WorkersEndpoint(self, epobject, epdict, options):
        return Match(self.master)

class Gold(RolesFromBase):
    def getRolesFromUser(self, userDetails):
        return ["gold"] if userDetails.get("username", "").startswith("car") else []

factory = util.BuildFactory([steps.ShellCommand(command=["true"])])
c["builders"] = [util.BuilderConfig(name=name, workernames=[worker_name], factory=factory)
                 for name, worker_name in [("fast", "w1"), ("slow", "w1"), ("idle", "absent")]]
c["workers"].append(worker.Worker("absent", "pw"))
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["fast", "slow", "idle"])]
c["www"]["auth"] = util.UserPasswordAuth([(name, "secret") for name in {users!r}]{info})
admins = util.RolesFromUsername(roles=["admins"], usernames=["alice"])
{authz}
"""

USERS = ["alice", "bob", "carol@example.org"]

TABLES = {
    "open": "",
    "closed": 'c["www"]["authz"] = util.Authz([util.AnyControlEndpointMatcher(role="admins")], [admins])',
    "hidden": 'c["www"]["authz"] = util.Authz([util.AnyEndpointMatcher(role="admins")], [admins])',
    "one_builder": """c["www"]["authz"] = util.Authz(allowRules=[
        util.ForceBuildEndpointMatcher(builder="fast", role="admins"),
        util.StopBuildEndpointMatcher(builder="slow", role="admins"),
        util.RebuildBuildEndpointMatcher(builder="f*", role="admins")], roleMatchers=[admins])""",
    "all_builders": """c["www"]["authz"] = util.Authz(allowRules=[
        util.ForceBuildEndpointMatcher(role="a?mins"), util.StopBuildEndpointMatcher(role="[ab]dmins"),
        util.RebuildBuildEndpointMatcher(role="ADMINS"), util.EnableSchedulerEndpointMatcher(role="admins")],
        roleMatchers=[admins])""",
    "owners": """c["www"]["authz"] = util.Authz(allowRules=[
        util.StopBuildEndpointMatcher(role="owner"), util.RebuildBuildEndpointMatcher(role="owner", defaultDeny=False),
        util.AnyControlEndpointMatcher(role="admins")], roleMatchers=[admins, util.RolesFromOwner(role="owner")])""",
    "next_rule": """c["www"]["authz"] = util.Authz(allowRules=[
        util.AnyEndpointMatcher(role="admins", defaultDeny=False), util.StopBuildEndpointMatcher(role="staff"),
        util.ForceBuildEndpointMatcher(role="nobody")],
        roleMatchers=[util.RolesFromEmails(admins=["alice"], staff=["alice", "bob"])])""",
    "domains": """c["www"]["authz"] = util.Authz(allowRules=[
        util.AnyControlEndpointMatcher(role="staff")],
        roleMatchers=[util.RolesFromDomain(staff=["example.org", "alice"])])""",
    "groups": """c["www"]["authz"] = util.Authz(allowRules=[
        util.StopBuildEndpointMatcher(role="others"), util.AnyControlEndpointMatcher(role="admins")],
        roleMatchers=[util.RolesFromGroups(groupPrefix="ci-")])""",
    "patterns": """c["www"]["authz"] = util.Authz(stringsMatcher=util.reStrMatcher, allowRules=[
        util.ForceBuildEndpointMatcher(builder="(fa|x)st", role="adm"), util.AnyControlEndpointMatcher(role="^a.*s$")],
        roleMatchers=[admins])""",
    "own_classes": """c["www"]["authz"] = util.Authz(allowRules=[
        Secret(role="gold"), util.AnyControlEndpointMatcher(role="admins")], roleMatchers=[admins, Gold()])""",
}

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "builds", {}),
    ("GET", "builds/1", {}),
    ("GET", "builds/2", {}),
    ("GET", "builds/999", {}),
    ("GET", "builders/slow/builds/1", {}),
    ("HEAD", "builds", {}),
    ("GET", "workers", {}),
    ("GET", "no/such/path", {}),
    ("force", "forceschedulers/force", {"builderid": "<fast>"}),
    ("force", "forceschedulers/force", {"builderid": "<slow>"}),
    ("force", "forceschedulers/force", {"builderid": 999}),
    ("force", "forceschedulers/force", {"builderNames": ["slow"]}),
    ("force", "forceschedulers/force", {"builderNames": ["slow", "fast"]}),
    ("force", "forceschedulers/force", {}),
    ("force", "forceschedulers/nosuch", {}),
    ("other", "forceschedulers/force", {}),
    ("stop", "builds/1", {}),
    ("stop", "builders/<fast>/builds/1", {}),
    ("stop", "builds/2", {}),
    ("stop", "builds/999", {}),
    ("stop", "builds", {}),
    ("rebuild", "builds/1", {}),
    ("rebuild", "builds/2", {}),
    ("rebuild", "builds/999", {}),
    ("cancel", "buildrequests/3", {}),
    ("stop", "buildrequests/3", {}),
    ("stop", "buildrequests/999", {}),
    ("enable", "schedulers/1", {"enabled": True}),
    ("unpause", "workers/1", {}),
    ("stop", "no/such/path", {}),
]


@pytest.fixture(scope="module")
def used_master(tmp_path_factory: pytest.TempPathFactory) -> tuple[Master, Ids]:
    """Two builds, the first one bob's, and a request of his that waits; nothing runs."""
    folder: Path = tmp_path_factory.mktemp("authz")
    master = Master(folder).create(config_of("open"))
    ids = {}
    with running(master, Worker(folder, master.pb)):
        master.wait_attached()
        bob = Browser(master.http)
        bob.log_in("bob", "secret")
        for builder in ("fast", "slow", "idle"):
            ids[f"<{builder}>"] = master.builder_id(builder)
            who = Browser(master.http) if builder == "slow" else bob
            forced = who.control(
                "forceschedulers/force", "force", {"builderid": ids[f"<{builder}>"]}
            )
            if builder != "idle":
                master.finished_build(next(iter(forced.json["result"][1].values())))
    return master, ids


def config_of(table: str) -> str:
    info = ", userInfoProvider=Groups()" if table == "groups" else ""
    return CONFIG.format(users=USERS, info=info, authz=TABLES[table])


def ask(browser: Browser, method: str, path: str, params: dict[str, Any]) -> list[Any]:
    if method in ("GET", "HEAD"):
        answer = browser.request(method, f"/api/v2/{path}")
    else:
        answer = browser.control(path, method, params)
    # What a crash says is not an interface.
    return [answer.status, answer.message if answer.status == 403 else None]


@pytest.mark.parametrize("table", TABLES)
def test_rules_decide_as_upstream(used_master: tuple[Master, Ids], table: str) -> None:
    master, ids = used_master
    master.configure(config_of(table))
    seen: dict[str, list[Any]] = {}
    with running(master):
        for user in [None, *USERS]:
            browser = Browser(master.http)
            if user is not None:
                assert browser.log_in(user, "secret").status == 302
            for method, path, params in CASES:
                key = f"{user or 'anonymous'}: {method} {path} {json.dumps(params)}"
                params = {k: ids.get(str(v), v) for k, v in params.items()}
                for name, number in ids.items():
                    path = path.replace(name, str(number))
                seen[key] = ask(browser, method, path, params)

    if os.environ.get("KILN_RECORD"):
        tables = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
        tables[table] = seen
        lines = ",\n".join(
            f'"{name}": {{\n'
            + ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in rows.items())
            + "\n}"
            for name, rows in tables.items()
        )
        RECORDED.write_text("{" + lines + "}\n")
    assert seen == json.loads(RECORDED.read_text())[table]
