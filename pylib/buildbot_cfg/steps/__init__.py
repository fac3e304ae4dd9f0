# SPDX-License-Identifier: MIT
"""The build steps."""
