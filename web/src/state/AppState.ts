// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import { ApiError, messageOf } from '../api/ApiError';
import { endpoints, type Endpoints } from '../api/endpoints';
import { LiveSocket, type SocketWorld } from '../api/LiveSocket';
import { RestClient } from '../api/RestClient';
import type { FrontendConfig } from '../api/types';
import { FactsLoader } from './FactsLoader';
import { LiveQuery, type QueryPlan } from './LiveQuery';
import { Store } from './Store';

export interface Toast {
  id: number;
  kind: 'done' | 'failed';
  text: string;
}

/** What one open page works with; made once, in main. */
export class AppState {
  readonly api: Endpoints;
  readonly socket: LiveSocket;
  readonly store: Store;
  readonly facts: FactsLoader;
  readonly toasts = signal<readonly Toast[]>([]);
  /** Read out by screen readers, such as the result of a build. */
  readonly announcement = signal('');
  readonly isLoginOpen = signal(false);
  private readonly queries = new Set<LiveQuery>();
  private nextToast = 1;

  constructor(
    readonly config: FrontendConfig,
    readonly base: string,
    world: SocketWorld,
  ) {
    this.api = endpoints(new RestClient(base, (input, init) => fetch(input, init)));
    this.store = new Store(scheduleFlush);
    this.facts = new FactsLoader(async (ids) => {
      const since = this.store.eventCount;
      const rows = await this.api.buildsById(ids)(new AbortController().signal);
      this.store.snapshot('builds', rows, since);
    });
    this.socket = new LiveSocket(world);
    this.socket.onEvent = (event) => this.store.receive(event);
    this.socket.onReconnect = () => {
      for (const query of this.queries) query.reload();
    };
  }

  get isLoggedIn(): boolean {
    return this.config.user?.anonymous === false || this.config.user?.username !== undefined;
  }

  /** Whether a name and a password make somebody of the visitor. */
  get canLogIn(): boolean {
    const { auth } = this.config;
    return !this.isLoggedIn && auth !== undefined && auth.name !== 'NoAuth';
  }

  /** Why a control did not work, and what would help. */
  explain(error: unknown): string {
    const isForbidden = error instanceof ApiError && error.status === 403;
    return messageOf(error) + (isForbidden && this.canLogIn ? ': log in first' : '');
  }

  openQuery(plan: QueryPlan): LiveQuery {
    const query = new LiveQuery(plan, this.socket, this.store);
    this.queries.add(query);
    return query;
  }

  closeQuery(query: LiveQuery): void {
    this.queries.delete(query);
    query.close();
  }

  toast(kind: Toast['kind'], text: string): void {
    const id = this.nextToast++;
    this.toasts.value = [...this.toasts.value, { id, kind, text }];
    // A failure stays until it is dismissed: its text is the server's explanation.
    if (kind === 'done') window.setTimeout(() => this.dismiss(id), 6_000);
  }

  dismiss(id: number): void {
    this.toasts.value = this.toasts.value.filter((toast) => toast.id !== id);
  }
}

/** In the next animation frame; hidden tabs get none, but must not fall behind. */
function scheduleFlush(flush: () => void): void {
  let isDone = false;
  const once = () => {
    if (isDone) return;
    isDone = true;
    window.clearTimeout(timer);
    flush();
  };
  const timer = window.setTimeout(once, 250);
  requestAnimationFrame(once);
}
