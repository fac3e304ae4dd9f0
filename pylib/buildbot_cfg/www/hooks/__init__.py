# SPDX-License-Identifier: MIT
"""What other programs tell the master by HTTP: ``c["www"]["change_hook_dialects"]``."""
