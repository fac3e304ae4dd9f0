# SPDX-License-Identifier: MIT
"""The old place of schedulers."""

from buildbot_cfg.schedulers.basic import AnyBranchScheduler, SingleBranchScheduler
from buildbot_cfg.schedulers.dependent import Dependent
from buildbot_cfg.schedulers.timed import Nightly, Periodic
from buildbot_cfg.schedulers.triggerable import Triggerable
from buildbot_cfg.schedulers.trysched import Try_Jobdir, Try_Userpass

Scheduler = SingleBranchScheduler

__all__ = [
    "AnyBranchScheduler",
    "Dependent",
    "Nightly",
    "Periodic",
    "Scheduler",
    "Triggerable",
    "Try_Jobdir",
    "Try_Userpass",
]
