# SPDX-License-Identifier: MIT
"""Users that the master knows."""
