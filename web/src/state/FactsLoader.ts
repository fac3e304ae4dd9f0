// SPDX-License-Identifier: MIT
import type { Build } from '../api/types';
import { Lru } from '../lib/Lru';
import { buildFacts } from './builds';

/** Builds start in bursts: those of this time share a request. */
const gather_ms = 200;
const perRequest = 40;
const remembered = 5_000;

/** Fetches the builds, with the properties that lists show, into the store. */
export type LoadBuilds = (buildids: readonly number[]) => Promise<void>;

/**
 * Build events carry no properties. Lists name the builds they show; those without properties are
 * fetched, and once more when they end without a revision, because checking out finds it.
 */
export class FactsLoader {
  private readonly wanted = new Set<number>();
  /** Builds asked for already: not all have properties. */
  private readonly asked = new Lru<number, true>(remembered);
  private readonly running = new Set<number>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly load: LoadBuilds) {}

  want(build: Build): void {
    const { buildid, complete, properties } = build;
    const wasRunning = this.running.has(buildid);
    if (complete) this.running.delete(buildid);
    else this.running.add(buildid);
    const isUnknown = properties === null || Object.keys(properties).length === 0;
    const isNew = isUnknown && this.asked.get(buildid) === undefined;
    const hasEnded = complete && wasRunning && buildFacts(properties).revision === null;
    if (!isNew && !hasEnded) return;
    this.asked.set(buildid, true);
    this.wanted.add(buildid);
    this.timer ??= setTimeout(() => this.send(), gather_ms);
  }

  private send(): void {
    this.timer = null;
    const ids = [...this.wanted];
    this.wanted.clear();
    for (let first = 0; first < ids.length; first += perRequest) {
      // The lists are complete without: a failed request may leave cells empty.
      this.load(ids.slice(first, first + perRequest)).catch(() => undefined);
    }
  }
}
