# SPDX-License-Identifier: MIT
"""The web server: who may log in, who may do what."""
