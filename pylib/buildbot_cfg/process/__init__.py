# SPDX-License-Identifier: MIT
"""What runs builds: steps, properties, factories, results."""
