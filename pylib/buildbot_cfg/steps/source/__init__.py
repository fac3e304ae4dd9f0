# SPDX-License-Identifier: MIT
"""Steps that check sources out."""
