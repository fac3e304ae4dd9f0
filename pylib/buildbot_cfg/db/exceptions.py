# SPDX-License-Identifier: MIT
"""What the database raises."""


class DatabaseNotReadyError(Exception):
    """The database needs an upgrade."""
