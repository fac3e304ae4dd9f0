// SPDX-License-Identifier: MIT
import { setTimeout as pause } from 'node:timers/promises';

/** Polls until `check` is true; throws with `what` after the deadline. */
export async function until(what, check, limit_ms) {
  const deadline = Date.now() + limit_ms;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`waited ${limit_ms} ms in vain: ${what}`);
    await pause(50);
  }
}
