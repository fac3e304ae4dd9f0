# SPDX-License-Identifier: MIT
"""Who may log in with Perspective Broker: senders of changes and of try jobs."""

import pytest

HEAD = """\
from buildbot.plugins import *
c = BuildmasterConfig = {}
c['protocols'] = {'pb': {'port': 9989}}
c['workers'] = [worker.Worker('w1', 'pw')]
c['builders'] = [util.BuilderConfig(name='b', workernames=['w1'], factory=util.BuildFactory())]
c['schedulers'] = s = [schedulers.ForceScheduler(name='force', builderNames=['b'])]
c['change_source'] = p = []
"""


def users(view):
    return [(u.port, u.user, u.password, u.scheduler, u.prefix) for u in view.pb_clients]


def test_changes_come_in_at_the_workers_port_unless_there_is_another(good):
    view = good(
        HEAD
        + "p.append(changes.PBChangeSource())\n"
        + "p.append(changes.PBChangeSource(user='u', passwd='x', port='tcp:7:interface=::1', prefix='t/'))\n"
    )
    assert users(view) == [
        ("9989", "change", "changepw", "", None),
        ("tcp:7:interface=::1", "u", "x", "", "t/"),
    ]


def test_each_user_of_try_is_one(good):
    view = good(
        HEAD + "s.append(schedulers.Try_Userpass('t', ['b'], 8031, [('u', 'x'), ['v', 'y']]))\n"
    )
    assert users(view) == [("8031", "u", "x", "t", None), ("8031", "v", "y", "t", None)]
    assert view.schedulers[-1].kind == "try_userpass"


def test_a_folder_of_jobs_is_as_it_is_given(good):
    view = good(HEAD + "s.append(schedulers.Try_Jobdir('t', ['b'], 'jobs'))\n")
    assert (view.schedulers[-1].kind, view.schedulers[-1].jobdir) == ("try_jobdir", "jobs")
    assert users(view) == []


WRONG = {
    "p.append(changes.PBChangeSource(port=[9]))": (
        '"port" must be an integer or a string, not [9]'
    ),
    "p.append(changes.PBChangeSource(user=7))": (
        "user and password must be strings, not 7 (int) and 'changepw' (str)"
    ),
    "p.append(changes.PBChangeSource(user='w1'))": (
        'the user "w1" of port 9989 is that of worker "w1"'
    ),
    "s.append(schedulers.Try_Userpass('t', ['b'], 'tcp:9989', [('w1', 'x')]))": (
        'the user "w1" of port tcp:9989 is that of worker "w1"'
    ),
    "s.append(schedulers.Try_Userpass('t', ['b'], 8, [('u', 'x'), ('u', 'y')]))": (
        'the user "u" of port 8 is that of scheduler "t"'
    ),
    "s.append(schedulers.Try_Userpass('t', ['b'], 8, {'u': 'x'}))": (
        """"userpass" must be a list of (user, password), not {'u': 'x'}"""
    ),
    "s.append(schedulers.Try_Userpass('t', ['b'], 8, ['ux', 'a']))": (
        """"userpass" must be a list of (user, password), 'ux' (str) is none"""
    ),
}


@pytest.mark.parametrize("line", WRONG)
def test_what_cannot_be_is_told_with_its_line(load, line):
    found = load(HEAD + line + "\n").problems
    assert WRONG[line] in {what for _, at, _, what in found if at == len(HEAD.splitlines()) + 1}


def test_without_a_port_for_workers_changes_need_one(load):
    text = HEAD.replace("{'pb': {'port': 9989}}", "{'null': {}}")
    found = load(text + "p.append(changes.PBChangeSource())\n").problems
    assert '"port" is missing, and c["protocols"]["pb"] has none' in {what for *_, what in found}


def test_a_secret_as_password_lets_nobody_in_and_says_so(load):
    text = HEAD + "p.append(changes.PBChangeSource(passwd=util.Secret('x')))\n"
    loaded = load(text)
    assert any("nobody gets in" in warning for warning in loaded.config.warnings)
    assert loaded.config.pb_clients == []
