// SPDX-License-Identifier: MIT
import { signal, type ReadonlySignal } from '@preact/signals';
import { isAbort } from '../api/ApiError';
import type { LiveSocket, Subscription } from '../api/LiveSocket';
import type { Store } from './Store';

export interface QueryPlan {
  /** Event patterns, as narrow as possible. */
  paths: readonly string[];
  /** Requests and store updates; `since` is the store's event count before the request. */
  load(signal: AbortSignal, since: number): Promise<void>;
}

export type QueryState =
  { kind: 'loading' } | { kind: 'ready' } | { kind: 'failed'; error: unknown };

/** A page must show something even where websockets are blocked. */
const ackLimit_ms = 3_000;

/**
 * Keeps what a page shows up to date: subscribe, wait for the confirmation, GET, and let the
 * store apply what came in between. Loads again after each reconnect.
 */
export class LiveQuery {
  private readonly stateSignal = signal<QueryState>({ kind: 'loading' });
  private readonly subscriptions: Subscription[];
  private abort = new AbortController();

  constructor(
    private readonly plan: QueryPlan,
    socket: LiveSocket,
    private readonly store: Store,
  ) {
    this.subscriptions = plan.paths.map((path) => socket.subscribe(path));
    void this.run(this.abort.signal);
  }

  get state(): ReadonlySignal<QueryState> {
    return this.stateSignal;
  }

  reload(): void {
    this.abort.abort();
    this.abort = new AbortController();
    void this.run(this.abort.signal);
  }

  close(): void {
    this.abort.abort();
    for (const subscription of this.subscriptions) subscription.release();
  }

  private async run(signal: AbortSignal): Promise<void> {
    const isAborted = (): boolean => signal.aborted;
    try {
      await this.whenSubscribed();
      if (isAborted()) return;
      await this.plan.load(signal, this.store.eventCount);
      if (!isAborted()) this.stateSignal.value = { kind: 'ready' };
    } catch (error) {
      if (isAbort(error) || isAborted()) return;
      // What is on the page already is worth more than an error in its place.
      if (this.stateSignal.peek().kind !== 'ready')
        this.stateSignal.value = { kind: 'failed', error };
    }
  }

  private async whenSubscribed(): Promise<void> {
    if (this.subscriptions.length === 0) return;
    let timer = 0;
    const limit = new Promise<void>((resolve) => {
      timer = window.setTimeout(resolve, ackLimit_ms);
    });
    await Promise.race([Promise.all(this.subscriptions.map((each) => each.acked())), limit]);
    window.clearTimeout(timer);
  }
}
