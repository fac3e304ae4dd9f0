# SPDX-License-Identifier: MIT
"""Events: ``self.master.mq``."""
