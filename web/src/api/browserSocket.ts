// SPDX-License-Identifier: MIT
import type { SocketLike, SocketWorld } from './LiveSocket';

export function browserSocketWorld(base: string): SocketWorld {
  const url = `${base.replace(/^http/, 'ws')}ws`;
  return {
    open: () => new WebSocket(url) as SocketLike,
    setTimer: (run, delay_ms) => window.setTimeout(run, delay_ms),
    clearTimer: (timer) => window.clearTimeout(timer),
    now: () => Date.now(),
    random: () => Math.random(),
  };
}
