# SPDX-License-Identifier: MIT
"""The command line, as far as configurations import it."""
