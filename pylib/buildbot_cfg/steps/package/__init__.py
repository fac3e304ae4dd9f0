# SPDX-License-Identifier: MIT
"""Steps that build and check packages."""
