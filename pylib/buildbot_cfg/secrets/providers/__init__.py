# SPDX-License-Identifier: MIT
"""Where secrets come from."""
