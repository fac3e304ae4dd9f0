# SPDX-License-Identifier: MIT
"""Tells people and other programs about builds."""
