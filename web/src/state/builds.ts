// SPDX-License-Identifier: MIT
/** What pages ask about builds in the store. */
import type { ReadonlySignal } from '@preact/signals';
import type { Build, Properties } from '../api/types';
import { isBad, progressOf } from '../lib/results';

export function newestFirst(a: ReadonlySignal<Build>, b: ReadonlySignal<Build>): number {
  return b.peek().buildid - a.peek().buildid;
}

/** Median duration of the builder's successful builds among `builds`, in seconds. */
export function usualDuration(
  builds: readonly ReadonlySignal<Build>[],
  builderid: number,
): number | null {
  const durations: number[] = [];
  for (const { value: build } of builds) {
    if (build.builderid !== builderid || build.complete_at === null) continue;
    const result = progressOf(build);
    if (result !== 'success' && result !== 'warnings') continue;
    durations.push(build.complete_at - build.started_at);
  }
  durations.sort((a, b) => a - b);
  return durations[Math.floor(durations.length / 2)] ?? null;
}

/** The latest finished build of each builder whose latest one is bad. */
export function brokenBuilders(
  finished: readonly ReadonlySignal<Build>[],
): ReadonlySignal<Build>[] {
  const latest = new Map<number, ReadonlySignal<Build>>();
  for (const build of finished) {
    const known = latest.get(build.peek().builderid);
    if (!known || known.peek().number < build.peek().number) {
      latest.set(build.peek().builderid, build);
    }
  }
  return [...latest.values()].filter((build) => isBad(progressOf(build.peek()))).sort(newestFirst);
}

function text(properties: Properties | null, name: string): string | null {
  const value = properties?.[name]?.[0];
  if (typeof value === 'string' && value !== '') return value;
  return Array.isArray(value) && value.length > 0 ? value.join(', ') : null;
}

export interface BuildFacts {
  owner: string | null;
  reason: string | null;
  branch: string | null;
  revision: string | null;
}

export function buildFacts(properties: Properties | null): BuildFacts {
  return {
    owner: text(properties, 'owner') ?? text(properties, 'owners'),
    reason: text(properties, 'reason'),
    branch: text(properties, 'branch'),
    revision: text(properties, 'got_revision') ?? text(properties, 'revision'),
  };
}
