# SPDX-License-Identifier: MIT
"""The database, for configurations that reach into it."""
