# SPDX-License-Identifier: MIT
"""The configuration language of Kilnbot: what a ``master.cfg`` imports as ``buildbot``."""

#: The Buildbot version whose interface this package offers.
version = "4.3.0"
__version__ = version


def getVersion(init_file: str) -> str:
    """The version; the argument is not looked at."""
    return version
