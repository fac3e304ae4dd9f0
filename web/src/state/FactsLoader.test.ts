// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Build } from '../api/types';
import { FactsLoader } from './FactsLoader';

let requests: number[][];
let loader: FactsLoader;

beforeEach(() => {
  vi.useFakeTimers();
  requests = [];
  loader = new FactsLoader((ids) => {
    requests.push([...ids]);
    return Promise.resolve();
  });
});

afterEach(() => vi.useRealTimers());

function build(buildid: number, more: Partial<Build> = {}): Build {
  return {
    buildid,
    number: buildid,
    builderid: 1,
    buildrequestid: buildid,
    workerid: 1,
    masterid: 1,
    started_at: 100,
    complete: false,
    complete_at: null,
    locks_duration_s: 0,
    results: null,
    state_string: 'building',
    properties: {},
    ...more,
  };
}

describe('properties of listed builds', () => {
  it('are fetched together for builds that come in a burst', () => {
    [1, 2, 3].forEach((id) => loader.want(build(id)));
    loader.want(build(2));
    vi.runAllTimers();

    expect(requests).toEqual([[1, 2, 3]]);
  });

  it('are not fetched when known', () => {
    loader.want(build(1, { properties: { reason: ['why', 'Force'] } }));
    vi.runAllTimers();

    expect(requests).toEqual([]);
  });

  it('are asked for once, although the build has none', () => {
    loader.want(build(1));
    vi.runAllTimers();
    loader.want(build(1));
    vi.runAllTimers();

    expect(requests).toEqual([[1]]);
  });

  it('are fetched again at the end of a build that had no revision', () => {
    const properties: Build['properties'] = { reason: ['why', 'Force'] };
    loader.want(build(1, { properties }));
    loader.want(build(1, { properties, complete: true }));
    loader.want(build(1, { properties, complete: true }));
    vi.runAllTimers();

    expect(requests).toEqual([[1]]);
  });

  it('are not fetched again when the revision is known', () => {
    const properties: Build['properties'] = { got_revision: ['abc', 'Git'] };
    loader.want(build(1, { properties }));
    loader.want(build(1, { properties, complete: true }));
    vi.runAllTimers();

    expect(requests).toEqual([]);
  });

  it('of very many builds come in several requests, whose addresses stay short', () => {
    for (let id = 1; id <= 100; id += 1) loader.want(build(id));
    vi.runAllTimers();

    expect(requests.map((ids) => ids.length)).toEqual([40, 40, 20]);
  });
});
