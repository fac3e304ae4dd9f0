// SPDX-License-Identifier: MIT
const first_ms = 500;
const limit_ms = 30_000;

/**
 * Delay before reconnect `attempt` (0, 1, ...). Jitter spreads the browsers that a restarted
 * master lost all at once; the delay stays within 0.5 to 30 s.
 */
export function reconnectDelayMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(limit_ms, first_ms * 2 ** (attempt + 1));
  return first_ms + random() * (ceiling - first_ms);
}
