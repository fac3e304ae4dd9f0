# SPDX-License-Identifier: MIT
"""The data API as user code sees it."""
