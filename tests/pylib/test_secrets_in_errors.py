# SPDX-License-Identifier: MIT
"""Passwords and the like never show in errors: what is wrong with them is told, not what they are."""

from __future__ import annotations

import pytest

BASE = """\
from buildbot.plugins import *
from buildbot.plugins import changes, reporters, schedulers, secrets, steps, util, worker
c = BuildmasterConfig = {}
c['protocols'] = {'pb': {'port': 9989}}
c['workers'] = [worker.Worker('w1', 'pw')]
c['builders'] = [util.BuilderConfig(name='b1', workernames=['w1'], factory=util.BuildFactory())]
c['schedulers'] = [schedulers.ForceScheduler(name='force', builderNames=['b1'])]
c['services'] = []
"""
WRONG = {
    "number as a worker's password": "c['workers'].append(worker.Worker('w2', 771001))",
    "list as a worker's password": "c['workers'].append(worker.Worker('w2', ['771001']))",
    "misspelt argument": "worker.Worker('w2', 'pw', pasword='771001')",
    "users as a text": "util.UserPasswordAuth('u:771001')",
    "number as a user's password": "util.UserPasswordAuth({'u': 771001})",
    "credentials as a text": "steps.Git(repourl='http://h/r', auth_credentials='771001')",
    "three credentials": "steps.Git(repourl='http://h/r', auth_credentials=('u', '771001', 'x'))",
    "options as a text": "steps.Git(repourl='http://h/r', git_credentials='771001')",
    "authenticator": (
        "secrets.HashiCorpVaultKvSecretProvider(vault_server='http://v', authenticator='771001')"
    ),
    "exception after a secret": "token = '771001'; {}[token[:0]]",
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_without_the_secret(load, name):
    result = load(BASE + WRONG[name] + "\n")

    assert result.config is None
    assert result.problems
    assert "771001" not in repr(result.problems)
