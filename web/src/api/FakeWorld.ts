// SPDX-License-Identifier: MIT
/** A websocket server, a clock and a network that tests drive; behaves like `/ws`. */
import type { SocketLike, SocketWorld } from './LiveSocket';

interface Command {
  cmd: string;
  path?: string;
  _id: number;
}

export class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly commands: Command[] = [];
  readonly consumed = new Set<string>();
  isOpen = false;
  /** False holds answers back, as a slow server does. */
  answers = true;

  accept(): void {
    this.isOpen = true;
    this.onopen?.();
  }

  lose(): void {
    this.isOpen = false;
    this.onclose?.();
  }

  close(): void {
    this.isOpen = false;
  }

  send(data: string): void {
    if (!this.isOpen) throw new Error('sent on a socket that is not open');
    const command = JSON.parse(data) as Command;
    this.commands.push(command);
    if (this.answers) this.answer(command);
  }

  answer({ cmd, path = '', _id }: Command): void {
    if (cmd === 'startConsuming') this.consumed.add(path);
    if (cmd === 'stopConsuming') this.consumed.delete(path);
    this.frame({ msg: cmd === 'ping' ? 'pong' : 'OK', code: 200, _id });
  }

  /** Sends an event to the client if one of its patterns matches. */
  event(key: string, message: unknown): void {
    const parts = key.split('/');
    const matches = [...this.consumed].filter((pattern) => {
      const wanted = pattern.split('/');
      return (
        wanted.length === parts.length &&
        wanted.every((part, index) => part === '*' || part === parts[index])
      );
    });
    for (let i = 0; i < matches.length; i += 1) this.frame({ k: key, m: message });
  }

  private frame(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

export class FakeWorld implements SocketWorld {
  readonly sockets: FakeSocket[] = [];
  private time = 1_000_000;
  private timers: { id: number; at: number; run: () => void }[] = [];
  private nextTimer = 1;

  get socket(): FakeSocket {
    const last = this.sockets[this.sockets.length - 1];
    if (!last) throw new Error('no connection was opened');
    return last;
  }

  open(): SocketLike {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    return socket;
  }

  setTimer(run: () => void, delay_ms: number): number {
    const id = this.nextTimer++;
    this.timers.push({ id, at: this.time + delay_ms, run });
    return id;
  }

  clearTimer(timer: number): void {
    this.timers = this.timers.filter(({ id }) => id !== timer);
  }

  now(): number {
    return this.time;
  }

  random(): number {
    return 1;
  }

  advance(by_ms: number): void {
    const end = this.time + by_ms;
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.clearTimer(due.id);
      this.time = due.at;
      due.run();
    }
    this.time = end;
  }
}
