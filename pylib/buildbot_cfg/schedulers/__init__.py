# SPDX-License-Identifier: MIT
"""What asks for builds."""
