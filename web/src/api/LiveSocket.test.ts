// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeWorld } from './FakeWorld';
import { LiveSocket, type LiveEvent } from './LiveSocket';

let world: FakeWorld;
let live: LiveSocket;
let events: LiveEvent[];
let reconnects: number;

beforeEach(() => {
  world = new FakeWorld();
  live = new LiveSocket(world);
  events = [];
  reconnects = 0;
  live.onEvent = (event) => events.push(event);
  live.onReconnect = () => (reconnects += 1);
  live.connect();
});

const commandsOf = (path: string) =>
  world.socket.commands.filter((command) => command.path === path).map(({ cmd }) => cmd);

/** Whether a promise has resolved by now. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  return Promise.race([
    promise.then(() => true),
    new Promise<boolean>((r) => setTimeout(r, 0, false)),
  ]);
}

describe('subscriptions', () => {
  it('made before the connection opens are sent when it does', async () => {
    const subscription = live.subscribe('builds/*/*');
    expect(await isDone(subscription.acked())).toBe(false);

    world.socket.accept();

    expect(commandsOf('builds/*/*')).toEqual(['startConsuming']);
    expect(await isDone(subscription.acked())).toBe(true);
  });

  it('are not confirmed before the server answers', async () => {
    world.socket.accept();
    world.socket.answers = false;
    const subscription = live.subscribe('steps/1/*');

    expect(await isDone(subscription.acked())).toBe(false);
    for (const command of world.socket.commands) world.socket.answer(command);
    expect(await isDone(subscription.acked())).toBe(true);
  });

  it('of the same path share one', () => {
    world.socket.accept();
    live.subscribe('builds/*/*');
    live.subscribe('builds/*/*');

    expect(commandsOf('builds/*/*')).toEqual(['startConsuming']);
  });

  it('end 5 s after the last user has gone', () => {
    world.socket.accept();
    const [one, two] = [live.subscribe('builds/*/*'), live.subscribe('builds/*/*')];
    one.release();
    one.release();
    world.advance(10_000);
    expect(commandsOf('builds/*/*')).toEqual(['startConsuming']);

    two.release();
    world.advance(4_999);
    expect(world.socket.consumed.has('builds/*/*')).toBe(true);
    world.advance(1);
    expect(world.socket.consumed.has('builds/*/*')).toBe(false);
  });

  it('taken up again within 5 s go on', () => {
    world.socket.accept();
    live.subscribe('builds/*/*').release();
    world.advance(3_000);
    live.subscribe('builds/*/*');
    world.advance(10_000);

    expect(commandsOf('builds/*/*')).toEqual(['startConsuming']);
  });

  it('deliver the events that match', () => {
    world.socket.accept();
    live.subscribe('builds/7/*');
    world.socket.event('builds/7/finished', { buildid: 7 });
    world.socket.event('builds/8/finished', { buildid: 8 });

    expect(events).toEqual([{ key: 'builds/7/finished', message: { buildid: 7 } }]);
  });
});

describe('a lost connection', () => {
  it('comes back by itself with all subscriptions and says so', async () => {
    const subscription = live.subscribe('builds/*/*');
    world.socket.accept();
    world.socket.lose();
    expect(live.state.value.kind).toBe('paused');
    expect(await isDone(subscription.acked())).toBe(false);

    world.advance(1_000);
    world.socket.accept();

    expect(world.sockets.length).toBe(2);
    expect(live.state.value.kind).toBe('live');
    expect(world.socket.consumed.has('builds/*/*')).toBe(true);
    expect(await isDone(subscription.acked())).toBe(true);
    expect(reconnects).toBe(1);
  });

  it('is retried with growing pauses, and quickly again after success', () => {
    world.socket.accept();
    world.socket.lose();
    const pauses: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      const state = live.state.value;
      if (state.kind !== 'paused') throw new Error('not paused');
      pauses.push(state.retryAt_ms - world.now());
      world.advance(state.retryAt_ms - world.now());
      world.socket.lose();
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);

    world.advance(30_000);
    world.socket.accept();
    world.socket.lose();
    expect(live.state.value).toEqual({ kind: 'paused', retryAt_ms: world.now() + 1000 });
  });

  it('can be retried at once by the user, but not twice', () => {
    world.socket.accept();
    world.socket.lose();
    live.reconnectNow();
    live.reconnectNow();

    expect(world.sockets.length).toBe(2);
    world.advance(9_000);
    expect(world.sockets.length).toBe(2);
  });

  it('is noticed without a close when pings stay unanswered', () => {
    world.socket.accept();
    world.socket.answers = false;
    world.advance(20_000);
    expect(live.state.value.kind).toBe('live');

    world.advance(20_000);
    expect(live.state.value.kind).toBe('paused');
  });

  it('is not assumed while pings are answered', () => {
    world.socket.accept();
    world.advance(600_000);

    expect(live.state.value.kind).toBe('live');
    expect(world.socket.commands.filter(({ cmd }) => cmd === 'ping').length).toBe(30);
  });

  it('is assumed when the connection does not open within 10 s', () => {
    world.advance(10_000);

    expect(live.state.value.kind).toBe('paused');
  });

  it('ignores what an abandoned socket still says', () => {
    world.socket.accept();
    const old = world.socket;
    old.lose();
    world.advance(1_000);
    world.socket.accept();
    old.onmessage?.({ data: '{"k":"builds/1/new","m":{}}' });
    old.onclose?.();

    expect(events).toEqual([]);
    expect(live.state.value.kind).toBe('live');
  });
});
