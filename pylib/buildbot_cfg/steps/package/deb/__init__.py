# SPDX-License-Identifier: MIT
"""Packages of Debian."""
