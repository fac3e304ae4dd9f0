# SPDX-License-Identifier: MIT
"""Where numbers are stored."""
