# SPDX-License-Identifier: MIT
"""Where changes come from."""
