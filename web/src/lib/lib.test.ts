// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { reconnectDelayMs } from './backoff';
import { ago, duration, plural } from './format';
import { Lru } from './Lru';
import { progressOf, resultName } from './results';

describe('reconnect delay', () => {
  it.each([
    [0, 0, 500],
    [0, 1, 1000],
    [3, 1, 8000],
    [3, 0, 500],
    [60, 1, 30_000],
  ])('attempt %i with random %d is %i ms', (attempt, random, expected) => {
    expect(reconnectDelayMs(attempt, () => random)).toBe(expected);
  });
});

describe('durations', () => {
  it.each([
    [-3, '0 s'],
    [59.4, '59 s'],
    [60, '1 min 0 s'],
    [3725, '1 h 2 min'],
    [200_000, '2 d 7 h'],
  ])('%d s is %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it('a clock that runs behind the server shows no future', () => {
    expect(ago(1000, 990)).toBe('just now');
  });

  it('counts have a unit', () => {
    expect([plural(1, 'line'), plural(20_052, 'line')]).toEqual(['1 line', '20,052 lines']);
  });
});

describe('results', () => {
  it.each([
    [0, 'success'],
    [2, 'failure'],
    [6, 'cancelled'],
    [-1, 'pending'],
    [null, 'pending'],
    [42, 'exception'],
  ])('code %s is %s', (code, name) => {
    expect(resultName(code)).toBe(name);
  });

  it('an item without result is running once it has started', () => {
    expect(progressOf({ complete: false, started_at: null, results: null })).toBe('pending');
    expect(progressOf({ complete: false, started_at: 5, results: null })).toBe('running');
  });
});

describe('Lru', () => {
  it('forgets what was not used for longest', () => {
    const lru = new Lru<string, number>(2);
    lru.set('a', 1);
    lru.set('b', 2);
    lru.get('a');
    lru.set('c', 3);

    expect([lru.get('a'), lru.get('b'), lru.get('c'), lru.size]).toEqual([1, undefined, 3, 2]);
  });
});
