# SPDX-License-Identifier: MIT
"""Secrets: values that builds use and that are never shown."""
