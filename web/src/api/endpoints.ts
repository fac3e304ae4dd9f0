// SPDX-License-Identifier: MIT
/** Every REST path the UI asks for, one function each. */
import { segment, type Query, type RestClient } from './RestClient';
import type {
  Build,
  Builder,
  BuildRequest,
  ForceScheduler,
  Log,
  LogChunk,
  Properties,
  Step,
  Worker,
} from './types';

type Key = string | number;

/** Properties shown in lists and headers; the rest is fetched on demand. */
const shownProperties: Query = [
  'owner',
  'owners',
  'reason',
  'branch',
  'revision',
  'got_revision',
].map((name) => ['property', name] as const);

export function endpoints(rest: RestClient) {
  const list = <T>(key: string, path: string, query: Query = []) => {
    return (signal: AbortSignal): Promise<T[]> => rest.get<T>(key, path, query, signal);
  };
  const one = <T>(key: string, path: string, query: Query = []) => {
    return (signal: AbortSignal): Promise<T> => rest.one<T>(key, path, query, signal);
  };
  const buildPath = (builder: Key, number: number) =>
    `builders/${segment(builder)}/builds/${number}`;

  return {
    builders: list<Builder>('builders', 'builders'),
    workers: list<Worker>('workers', 'workers'),
    runningBuilds: list<Build>('builds', 'builds', [
      ['complete', false],
      ['order', '-buildid'],
      ...shownProperties,
    ]),
    recentBuilds: (limit: number) =>
      list<Build>('builds', 'builds', [
        ['complete', true],
        ['order', '-buildid'],
        ['limit', limit],
        ...shownProperties,
      ]),
    buildsById: (buildids: readonly number[]) =>
      list<Build>('builds', 'builds', [
        ...buildids.map((id) => ['buildid', id] as const),
        ...shownProperties,
      ]),
    newestBuilds: (limit: number) =>
      list<Build>('builds', 'builds', [
        ['order', '-buildid'],
        ['limit', limit],
      ]),
    pendingRequests: list<BuildRequest>('buildrequests', 'buildrequests', [
      ['claimed', false],
      ['complete', false],
    ]),
    builder: (builder: Key) => one<Builder>('builders', `builders/${segment(builder)}`),
    builderBuilds: (builderid: number, limit: number) =>
      list<Build>('builds', `builders/${builderid}/builds`, [
        ['order', '-number'],
        ['limit', limit],
        ...shownProperties,
      ]),
    builderRequests: (builderid: number) =>
      list<BuildRequest>('buildrequests', `builders/${builderid}/buildrequests`, [
        ['claimed', false],
        ['complete', false],
      ]),
    builderWorkers: (builderid: number) => list<Worker>('workers', `builders/${builderid}/workers`),
    forceSchedulers: (builderid: number) =>
      list<ForceScheduler>('forceschedulers', `builders/${builderid}/forceschedulers`),
    build: (builder: Key, number: number) =>
      one<Build>('builds', buildPath(builder, number), shownProperties),
    buildProperties: (buildid: number) =>
      one<Properties>('properties', `builds/${buildid}/properties`),
    steps: (buildid: number) => list<Step>('steps', `builds/${buildid}/steps`),
    step: (builder: Key, number: number, step: Key) =>
      one<Step>('steps', `${buildPath(builder, number)}/steps/${segment(step)}`),
    stepLogs: (stepid: number) => list<Log>('logs', `steps/${stepid}/logs`),
    stepLog: (stepid: number, slug: string) =>
      one<Log>('logs', `steps/${stepid}/logs/${segment(slug)}`),
    logLines: (logid: number, offset: number, limit: number) =>
      one<LogChunk>('logchunks', `logs/${logid}/contents`, [
        ['offset', offset],
        ['limit', limit],
      ]),

    force: (scheduler: string, params: object) =>
      rest.control(`forceschedulers/${segment(scheduler)}`, 'force', params),
    stopBuild: (buildid: number, reason: string) =>
      rest.control(`builds/${buildid}`, 'stop', { reason }),

    rawLogHref: (logid: number) => rest.href(`logs/${logid}/raw`),
    inlineLogHref: (logid: number) => rest.href(`logs/${logid}/raw_inline`),
  };
}

export type Endpoints = ReturnType<typeof endpoints>;
