# SPDX-License-Identifier: MIT
"""Packages of RPM."""

from buildbot_cfg.steps.package.rpm.mock import MockBuildSRPM, MockRebuild
from buildbot_cfg.steps.package.rpm.rpmbuild import RpmBuild
from buildbot_cfg.steps.package.rpm.rpmlint import RpmLint

__all__ = ["MockBuildSRPM", "MockRebuild", "RpmBuild", "RpmLint"]
