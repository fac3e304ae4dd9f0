# SPDX-License-Identifier: MIT
"""What reporters report: when, about which builds, in which form."""
