// SPDX-License-Identifier: MIT
import { computed, effect } from '@preact/signals';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Build, Builder, Log, Step } from '../api/types';
import { entityOf, Store } from './Store';

let store: Store;
let flushes: (() => void)[];

beforeEach(() => {
  flushes = [];
  store = new Store((flush) => flushes.push(flush));
});

const frame = () => flushes.splice(0).forEach((flush) => flush());

function aBuild(buildid: number, more: Partial<Build> = {}): Build {
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

const finished = { complete: true, complete_at: 200, results: 0, state_string: 'done' };
const running = (row: Build) => !row.complete;
const stateOf = (buildid: number) => store.builds.find(buildid)?.value.state_string;
const idsOf = (matches: (row: Build) => boolean) =>
  store.builds.select(matches).map((row) => row.value.buildid);

function receive(key: string, message: unknown): void {
  store.receive({ key, message });
}

describe('events around an answer', () => {
  it('that came after the request win over the answer', () => {
    const since = store.eventCount;
    receive('builds/1/update', aBuild(1, { state_string: 'newer' }));
    store.snapshot('builds', [aBuild(1, { state_string: 'older' })], since);
    frame();

    expect(stateOf(1)).toBe('newer');
  });

  it('that came before the request lose against the answer, even if not applied yet', () => {
    receive('builds/1/update', aBuild(1, { state_string: 'older' }));
    store.snapshot('builds', [aBuild(1, { state_string: 'newer' })], store.eventCount);
    frame();

    expect(stateOf(1)).toBe('newer');
  });

  it('keep a build that appeared in between out of the list of vanished ones', () => {
    const since = store.eventCount;
    receive('builds/2/new', aBuild(2));
    store.snapshot('builds', [aBuild(1)], since, running);

    expect(idsOf(running).sort()).toEqual([1, 2]);
  });

  it('leave fields that only the answer has', () => {
    const since = store.eventCount;
    receive('builds/1/update', aBuild(1, { state_string: 'newer' }));
    store.snapshot('builds', [aBuild(1, { properties: { owner: ['ada', 'Force'] } })], since);

    expect(store.builds.find(1)?.value).toMatchObject({
      state_string: 'newer',
      properties: { owner: ['ada', 'Force'] },
    });
  });

  it('do not blank the properties that an answer brought', () => {
    store.snapshot('builds', [aBuild(1, { properties: { owner: ['ada', 'Force'] } })], 0);
    receive('builds/1/finished', aBuild(1, finished));
    frame();

    expect(store.builds.find(1)?.value.properties).toEqual({ owner: ['ada', 'Force'] });
  });
});

describe('the properties of a build', () => {
  it('from an event add to what is known', () => {
    store.snapshotProperties(1, { owner: ['ada', 'Force'], step: ['one', 'Step'] }, 0);
    receive('builds/1/properties/update', { step: ['two', 'Step'] });
    frame();

    expect(store.properties(1).value).toEqual({ owner: ['ada', 'Force'], step: ['two', 'Step'] });
  });

  it('from an event win over an answer asked for before it', () => {
    const since = store.eventCount;
    receive('builds/1/properties/update', { step: ['two', 'Step'] });
    store.snapshotProperties(1, { owner: ['ada', 'Force'], step: ['one', 'Step'] }, since);

    expect(store.properties(1).value).toEqual({ owner: ['ada', 'Force'], step: ['two', 'Step'] });
  });

  it('from an answer asked for later win', () => {
    receive('builds/1/properties/update', { step: ['one', 'Step'] });
    store.snapshotProperties(1, { step: ['two', 'Step'] }, store.eventCount);

    expect(store.properties(1).value).toEqual({ step: ['two', 'Step'] });
  });
});

describe('rows never go back', () => {
  it('a finished build stays finished when an older event comes late', () => {
    receive('builds/1/finished', aBuild(1, finished));
    receive('builds/1/update', aBuild(1, { state_string: 'late' }));
    frame();

    expect(store.builds.find(1)?.value).toMatchObject({ complete: true, state_string: 'done' });
  });

  it('a log keeps its highest line count', () => {
    const log: Log = {
      logid: 4,
      name: 'stdio',
      slug: 'stdio',
      stepid: 2,
      complete: false,
      num_lines: 50,
      type: 's',
    };
    receive('logs/4/append', log);
    store.snapshot('logs', [{ ...log, num_lines: 20 }], store.eventCount);

    expect(store.logs.find(4)?.value.num_lines).toBe(50);
  });
});

describe('an answer that covers a list', () => {
  it('removes what ended while the connection was lost', () => {
    store.snapshot('builds', [aBuild(1), aBuild(2)], 0, running);
    store.snapshot('builds', [aBuild(2)], store.eventCount, running);

    expect(idsOf(running)).toEqual([2]);
  });

  it('leaves rows of other lists alone', () => {
    store.snapshot('builds', [aBuild(1, finished)], 0);
    store.snapshot('builds', [], store.eventCount, running);

    expect(idsOf(() => true)).toEqual([1]);
  });
});

describe('views', () => {
  it('see all events of a frame in one step', () => {
    const seen: number[] = [];
    const count = computed(() => store.builds.select(running).length);
    effect(() => void seen.push(count.value));
    for (const id of [1, 2, 3]) receive(`builds/${id}/new`, aBuild(id));
    frame();

    expect(seen).toEqual([0, 3]);
  });

  it('of a list are not computed again for a text that changes', () => {
    store.snapshot('builds', [aBuild(1)], 0);
    let runs = 0;
    effect(() => {
      runs += 1;
      store.builds.select(running);
    });
    receive('builds/1/update', aBuild(1, { state_string: 'other text' }));
    frame();
    expect(runs).toBe(1);

    receive('builds/1/finished', aBuild(1, finished));
    frame();
    expect(runs).toBe(2);
  });

  it('waiting for a row get it when it comes', () => {
    const text = computed(() => stateOf(9) ?? 'unknown');
    const seen: string[] = [];
    effect(() => void seen.push(text.value));
    receive('builds/9/new', aBuild(9));
    frame();

    expect(seen).toEqual(['unknown', 'building']);
  });
});

describe('a builder announced without its details', () => {
  it('is listed under its name', () => {
    receive('builders/7/started', { builderid: 7, masterid: 1, name: 'fresh' });
    frame();

    expect(store.builders.find(7)?.value).toMatchObject({
      name: 'fresh',
      masterids: [1],
      tags: [],
    });
  });

  it('keeps the details that are known', () => {
    const known = { builderid: 7, name: 'old', masterids: [1], tags: ['x'] } as unknown as Builder;
    store.snapshot('builders', [known], 0);
    receive('builders/7/started', { builderid: 7, masterid: 2, name: 'old' });
    frame();

    expect(store.builders.find(7)?.value).toMatchObject({ masterids: [1, 2], tags: ['x'] });
  });
});

describe('beyond the limit', () => {
  const fill = () => {
    receive('builds/1/new', aBuild(1));
    for (let id = 2; id <= 5_001; id += 1) receive(`builds/${id}/finished`, aBuild(id, finished));
    frame();
  };

  it('the longest known finished builds are forgotten', () => {
    fill();

    expect(store.builds.size).toBe(4_000);
    expect(store.builds.find(2)).toBeUndefined();
    expect(store.builds.find(5_001)).toBeDefined();
  });

  it('a build that still runs is kept', () => {
    fill();

    expect(idsOf(running)).toEqual([1]);
  });
});

describe('the kind an event is about', () => {
  it.each([
    ['builds/1/new', 'builds'],
    ['builders/7/builds/3/update', 'builds'],
    ['workers/2/builds/1/finished', 'builds'],
    ['builds/1/properties/update', 'properties'],
    ['builds/1/steps/9/started', 'steps'],
    ['steps/9/logs/stdio/append', 'logs'],
    ['logs/4/append', 'logs'],
    ['buildsets/1/builders/2/buildrequests/3/new', 'buildrequests'],
    ['workers/2/connected', 'workers'],
    ['control/builds/4/stop', null],
    ['changes/4/new', null],
  ])('%s is %s', (key, kind) => {
    expect(entityOf(key)).toBe(kind);
  });

  it('an event without a body changes nothing', () => {
    receive('buildrequests/17/cancel', null);
    frame();

    expect(store.buildrequests.size).toBe(0);
  });
});

it('steps of another build are not covered by the answer for one', () => {
  const aStep = (stepid: number, buildid: number) => ({ stepid, buildid, number: 1 }) as Step;
  store.snapshot('steps', [aStep(1, 1), aStep(2, 2)], 0);
  store.snapshot('steps', [aStep(3, 1)], 0, (row) => row.buildid === 1);

  expect(store.steps.select(() => true).map((row) => row.value.stepid)).toEqual([2, 3]);
});
