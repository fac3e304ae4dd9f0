# SPDX-License-Identifier: MIT
"""What the data API refuses."""

from __future__ import annotations


class DataException(Exception):
    """Something was wrong with a question or an order."""


class InvalidPathError(DataException):
    """There is no such path."""


class InvalidControlException(DataException):
    """There is no such action on this path."""


class InvalidQueryParameter(DataException):
    """A query has an argument that does not fit."""
