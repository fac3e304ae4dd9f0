// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../api/ApiError';
import { LogSource } from './LogSource';

/** A log on a server: answers when told to, refuses what it does not have. */
class FakeLog {
  requests: { offset: number; limit: number; signal: AbortSignal }[] = [];
  lines: string[];
  failure: ApiError | null = null;

  constructor(count: number) {
    this.lines = Array.from({ length: count }, (_, index) => `oline ${index}`);
  }

  fetch = async (offset: number, limit: number, signal: AbortSignal): Promise<string> => {
    this.requests.push({ offset, limit, signal });
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (signal.aborted) throw new DOMException('aborted', 'AbortError');
    if (this.failure) throw this.failure;
    const rows = this.lines.slice(offset, offset + limit);
    if (rows.length === 0) throw new ApiError(404, 'not found');
    return rows.map((row) => `${row}\n`).join('');
  };

  get asked(): string[] {
    return this.requests.map(({ offset, limit }) => `${offset}+${limit}`);
  }
}

function open(log: FakeLog, total = log.lines.length): LogSource {
  const source = new LogSource(log.fetch, true);
  source.setTotal(total);
  return source;
}

const textAt = (source: LogSource, index: number) =>
  source
    .line(index)
    ?.spans.map((span) => span.text)
    .join('');

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const settle = (ms = 100) => vi.advanceTimersByTimeAsync(ms);

describe('chunks', () => {
  it('nothing is fetched before somebody looks', async () => {
    const log = new FakeLog(5000);
    open(log);
    await settle();

    expect(log.asked).toEqual([]);
  });

  it('the chunks on screen and the next whole one are fetched', async () => {
    const log = new FakeLog(5000);
    const source = open(log);
    source.want(990, 1010);
    await settle();

    expect(log.asked).toEqual(['0+1000', '1000+1000', '2000+1000']);
    expect([textAt(source, 995), textAt(source, 1005)]).toEqual(['line 995', 'line 1005']);
  });

  it('scrolling up fetches the chunk above ahead', async () => {
    const log = new FakeLog(9000);
    const source = open(log);
    source.want(7100, 7150);
    await settle();
    log.requests = [];
    source.want(5100, 5150);
    await settle();

    expect(log.asked).toEqual(['5000+1000', '4000+1000']);
  });

  it('requests for chunks scrolled past are aborted', async () => {
    const log = new FakeLog(90_000);
    const source = open(log);
    source.want(100, 150);
    source.want(50_100, 50_150);
    await settle();

    const aborted = log.requests.filter(({ signal }) => signal.aborted).map(({ offset }) => offset);
    expect(aborted).toEqual([0, 1000]);
    expect(textAt(source, 50_120)).toBe('line 50120');
  });

  it('a chunk aborted and then looked at again arrives', async () => {
    const log = new FakeLog(90_000);
    const source = open(log);
    source.want(100, 150);
    source.want(50_100, 50_150);
    source.want(100, 150);
    await settle();

    expect(textAt(source, 120)).toBe('line 120');
  });

  it('at most 64 are kept', async () => {
    const log = new FakeLog(200_000);
    const source = open(log);
    for (let first = 0; first < 100_000; first += 1000) {
      source.want(first, first + 40);
      await settle();
    }

    expect(source.line(0)).toBeUndefined();
    expect(textAt(source, 99_000)).toBe('line 99000');
  });
});

describe('a growing log', () => {
  it('only its new lines are fetched, at most four times a second', async () => {
    const log = new FakeLog(10);
    const source = open(log);
    source.want(0, 40);
    await settle();
    log.requests = [];

    for (let i = 0; i < 50; i += 1) {
      log.lines.push(`omore ${i}`);
      source.setTotal(log.lines.length);
      await settle(20);
    }
    await settle(500);

    expect(log.requests.length).toBeLessThanOrEqual(6);
    expect(log.requests[0]).toMatchObject({ offset: 10 });
    expect(textAt(source, 59)).toBe('more 49');
  });

  it('lines announced before the server has them are asked for again, but not in a rush', async () => {
    const log = new FakeLog(0);
    const source = open(log, 5);
    source.want(0, 40);
    await settle(1000);
    expect(log.requests.length).toBeLessThanOrEqual(5);

    log.lines = ['olate 0', 'olate 1', 'olate 2', 'olate 3', 'olate 4'];
    await settle(1000);
    expect(textAt(source, 4)).toBe('late 4');
    expect(source.failure.value).toBeNull();
  });

  it('tells that lines have arrived', async () => {
    const source = open(new FakeLog(10));
    const before = source.version.value;
    source.want(0, 10);
    await settle();

    expect(source.version.value).toBeGreaterThan(before);
  });
});

describe('a failing request', () => {
  it('is reported, not repeated, until a retry', async () => {
    const log = new FakeLog(10);
    log.failure = new ApiError(500, 'database is gone');
    const source = open(log);
    source.want(0, 10);
    await settle(5000);
    expect(source.failure.value).toBe('database is gone');
    expect(log.requests.length).toBe(1);

    log.failure = null;
    source.retry();
    await settle();
    expect(source.failure.value).toBeNull();
    expect(textAt(source, 3)).toBe('line 3');
  });
});

describe('lines', () => {
  it('know their stream and carry colours on to the next line', async () => {
    const log = new FakeLog(0);
    log.lines = ['hheader', 'e\u001b[31mred', 'ostill red', 'o\u001b[0mplain'];
    const source = open(log);
    source.want(0, 4);
    await settle();

    const streams = [0, 1, 2].map((index) => source.line(index)?.stream);
    expect(streams).toEqual(['h', 'e', 'o']);
    expect(source.line(2)?.spans[0]?.style.fg).toBe(1);
    expect(source.line(3)?.spans[0]?.style.fg).toBeNull();
  });

  it('of a log without streams keep their first letter, and empty lines stay', async () => {
    const log = new FakeLog(0);
    log.lines = ['one', '', 'eleven'];
    const source = new LogSource(log.fetch, false);
    source.setTotal(3);
    source.want(0, 3);
    await settle();

    expect([textAt(source, 0), textAt(source, 1), textAt(source, 2)]).toEqual([
      'one',
      '',
      'eleven',
    ]);
    expect(source.line(2)?.stream).toBe('t');
  });
});
