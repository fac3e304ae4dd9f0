// SPDX-License-Identifier: MIT
import { signal, type ReadonlySignal } from '@preact/signals';
import { reconnectDelayMs } from '../lib/backoff';

export interface SocketLike {
  onopen: (() => void) | null;
  onmessage: ((event: { data: string }) => void) | null;
  onclose: (() => void) | null;
  send(data: string): void;
  close(): void;
}

/** The parts of the outside world that tests replace by ones they drive. */
export interface SocketWorld {
  open(): SocketLike;
  setTimer(run: () => void, delay_ms: number): number;
  clearTimer(timer: number): void;
  now(): number;
  random(): number;
}

export type ConnectionState =
  { kind: 'connecting' } | { kind: 'live' } | { kind: 'paused'; retryAt_ms: number };

export interface LiveEvent {
  /** Path and event name, such as `builds/7/finished`. */
  key: string;
  message: unknown;
}

export interface Subscription {
  /** Resolves once the server has confirmed the path on the current connection. */
  acked(): Promise<void>;
  release(): void;
}

interface Topic {
  users: number;
  releaseTimer: number | null;
  /** Null until sent on the current connection. */
  requestId: number | null;
  isAcked: boolean;
  waiters: (() => void)[];
}

interface Frame {
  k?: string;
  m?: unknown;
  _id?: number | null;
  error?: string;
}

const ping_ms = 20_000;
const openLimit_ms = 10_000;
const linger_ms = 5_000;

/** One `/ws` connection that comes back by itself, with reference-counted subscriptions. */
export class LiveSocket {
  private readonly stateSignal = signal<ConnectionState>({ kind: 'connecting' });
  private readonly topics = new Map<string, Topic>();
  private socket: SocketLike | null = null;
  private attempt = 0;
  private nextId = 1;
  private retryTimer: number | null = null;
  private watchTimer: number | null = null;
  private isPingUnanswered = false;

  onEvent: (event: LiveEvent) => void = () => undefined;
  /** Called on each connection but the first: what happened meanwhile was missed. */
  onReconnect: () => void = () => undefined;
  private hasConnected = false;

  constructor(private readonly world: SocketWorld) {}

  get state(): ReadonlySignal<ConnectionState> {
    return this.stateSignal;
  }

  connect(): void {
    this.clearRetry();
    this.socket = this.world.open();
    const socket = this.socket;
    socket.onopen = () => this.opened(socket);
    socket.onmessage = (event) => this.received(socket, event.data);
    socket.onclose = () => this.closed(socket);
    this.watchTimer = this.world.setTimer(() => this.drop(socket), openLimit_ms);
  }

  /** Skips the rest of a backoff delay. */
  reconnectNow(): void {
    if (this.stateSignal.value.kind === 'paused' && this.retryTimer !== null) this.connect();
  }

  subscribe(path: string): Subscription {
    const topic = this.topics.get(path) ?? this.addTopic(path);
    topic.users += 1;
    if (topic.releaseTimer !== null) this.world.clearTimer(topic.releaseTimer);
    topic.releaseTimer = null;
    let isReleased = false;
    return {
      acked: () => this.whenAcked(topic),
      release: () => {
        if (isReleased) return;
        isReleased = true;
        this.releaseUser(path, topic);
      },
    };
  }

  private addTopic(path: string): Topic {
    const topic: Topic = {
      users: 0,
      releaseTimer: null,
      requestId: null,
      isAcked: false,
      waiters: [],
    };
    this.topics.set(path, topic);
    if (this.stateSignal.value.kind === 'live') this.sendStart(path, topic);
    return topic;
  }

  private releaseUser(path: string, topic: Topic): void {
    topic.users -= 1;
    if (topic.users > 0) return;
    // Going back and forth between two pages should not resubscribe each time.
    topic.releaseTimer = this.world.setTimer(() => {
      this.topics.delete(path);
      if (this.stateSignal.value.kind === 'live') this.send('stopConsuming', path);
    }, linger_ms);
  }

  private whenAcked(topic: Topic): Promise<void> {
    if (topic.isAcked) return Promise.resolve();
    return new Promise((resolve) => topic.waiters.push(resolve));
  }

  private send(cmd: string, path: string | null): void {
    this.sendFrame(path === null ? { cmd } : { cmd, path }, this.nextId++);
  }

  private sendStart(path: string, topic: Topic): void {
    topic.requestId = this.nextId++;
    this.sendFrame({ cmd: 'startConsuming', path }, topic.requestId);
  }

  private sendFrame(frame: object, id: number): void {
    this.socket?.send(JSON.stringify({ ...frame, _id: id }));
  }

  private opened(socket: SocketLike): void {
    if (socket !== this.socket) return;
    this.attempt = 0;
    this.clearWatch();
    this.stateSignal.value = { kind: 'live' };
    for (const [path, topic] of this.topics) this.sendStart(path, topic);
    this.schedulePing(socket);
    if (this.hasConnected) this.onReconnect();
    this.hasConnected = true;
  }

  /** A dead peer is noticed by a ping without any frame before the next one is due. */
  private schedulePing(socket: SocketLike): void {
    this.watchTimer = this.world.setTimer(() => {
      if (this.isPingUnanswered) {
        this.drop(socket);
        return;
      }
      this.isPingUnanswered = true;
      this.send('ping', null);
      this.schedulePing(socket);
    }, ping_ms);
  }

  private drop(socket: SocketLike): void {
    this.closed(socket);
    socket.close();
  }

  private received(socket: SocketLike, data: string): void {
    if (socket !== this.socket) return;
    this.isPingUnanswered = false;
    const frame = JSON.parse(data) as Frame;
    if (typeof frame.k === 'string') this.onEvent({ key: frame.k, message: frame.m });
    else if (typeof frame._id === 'number') this.answered(frame._id, frame.error);
  }

  private answered(id: number, error: string | undefined): void {
    for (const [path, topic] of this.topics) {
      if (topic.requestId !== id) continue;
      // A refused path still ends the wait: the page then shows what GET gives.
      if (error !== undefined) console.warn(`subscription to ${path} refused: ${error}`);
      topic.isAcked = true;
      topic.waiters.splice(0).forEach((resolve) => resolve());
    }
  }

  private closed(socket: SocketLike): void {
    if (socket !== this.socket) return;
    this.socket = null;
    this.clearWatch();
    this.isPingUnanswered = false;
    for (const topic of this.topics.values()) {
      topic.isAcked = false;
      topic.requestId = null;
    }
    const delay_ms = reconnectDelayMs(this.attempt, () => this.world.random());
    this.attempt += 1;
    this.stateSignal.value = { kind: 'paused', retryAt_ms: this.world.now() + delay_ms };
    this.retryTimer = this.world.setTimer(() => this.connect(), delay_ms);
  }

  private clearWatch(): void {
    if (this.watchTimer !== null) this.world.clearTimer(this.watchTimer);
    this.watchTimer = null;
  }

  private clearRetry(): void {
    if (this.retryTimer !== null) this.world.clearTimer(this.retryTimer);
    this.retryTimer = null;
  }
}
