# SPDX-License-Identifier: MIT
"""How long to wait before the next attempt to connect."""

from __future__ import annotations

import random
from typing import Optional

FIRST_S = 1.0
FACTOR = 2.7
JITTER = 0.12


class Backoff:
    """Delays that grow to a cap, spread a little so that many workers do not come back at once."""

    def __init__(
        self,
        cap_s: float,
        retries: Optional[int] = None,
        source: Optional[random.Random] = None,
    ) -> None:
        self._cap_s = cap_s
        self._retries = retries
        self._random = source or random.Random()
        self.reset()

    def reset(self) -> None:
        """The worker was attached: begin anew."""
        self._delay_s = FIRST_S
        self._left = self._retries

    def next_delay(self) -> Optional[float]:
        """Seconds to wait; None when no attempt is left."""
        if self._left is not None:
            if self._left <= 0:
                return None
            self._left -= 1
        delay = min(self._delay_s, self._cap_s)
        self._delay_s = min(self._delay_s * FACTOR, self._cap_s)
        return min(delay * (1 + self._random.uniform(-JITTER, JITTER)), self._cap_s)
