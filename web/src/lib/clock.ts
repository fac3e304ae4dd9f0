// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

const now = signal(0);
let users = 0;
let timer = 0;

const read = (): number => Date.now() / 1000;

/** Epoch seconds, renewed each second while `isTicking`; one timer serves the whole page. */
export function useNow(isTicking: boolean): number {
  useEffect(() => {
    if (!isTicking) return undefined;
    users += 1;
    if (users === 1) timer = window.setInterval(() => (now.value = read()), 1000);
    return () => {
      users -= 1;
      if (users === 0) window.clearInterval(timer);
    };
  }, [isTicking]);
  if (isTicking) void now.value;
  return read();
}
