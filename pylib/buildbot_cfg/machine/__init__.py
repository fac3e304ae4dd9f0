# SPDX-License-Identifier: MIT
"""Machines that workers run on."""
