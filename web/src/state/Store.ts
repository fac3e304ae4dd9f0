// SPDX-License-Identifier: MIT
import { batch, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { LiveEvent } from '../api/LiveSocket';
import type {
  Build,
  Builder,
  BuildRequest,
  EntityMap,
  Log,
  Properties,
  Step,
  Worker,
} from '../api/types';
import { Table } from './Table';

const overlay = <T extends object>(old: T, next: T): T => ({ ...old, ...next });
const noProgress = (): number => 0;

/** Build events carry no properties, so those of an answer stay. */
function mergeBuild(old: Build, next: Build): Build {
  const hasProperties = next.properties !== null && Object.keys(next.properties).length > 0;
  return { ...old, ...next, properties: hasProperties ? next.properties : old.properties };
}

function stepProgress(step: Step): number {
  if (step.complete) return 2;
  return step.started_at === null ? 0 : 1;
}

type BuilderEvent = Partial<Builder> & { builderid: number; masterid?: number };

/** A builder's start and stop on a master are announced with its id and name only. */
function builderAfter(event: BuilderEvent, known: Builder | undefined): Builder {
  const { masterid, ...fields } = event;
  const masterids = known?.masterids ?? [];
  return {
    name: `builder ${event.builderid}`,
    description: null,
    description_format: null,
    description_html: null,
    projectid: null,
    tags: [],
    ...known,
    masterids: masterid === undefined ? masterids : [...new Set([...masterids, masterid])],
    ...fields,
  };
}

interface PropertySet {
  values: Signal<Properties | null>;
  eventSeq: number;
}

/** Runs `flush` soon, once per batch of events: per animation frame in a visible tab. */
export type FlushScheduler = (flush: () => void) => void;

/** The one normalised store of everything pages show. */
export class Store {
  readonly builders = new Table<Builder>({
    id: (row) => row.builderid,
    listKey: (row) => `${row.name}/${row.masterids.length}`,
    progress: noProgress,
    merge: overlay,
    isOver: () => false,
    limit: 50_000,
  });
  readonly builds = new Table<Build>({
    id: (row) => row.buildid,
    listKey: (row) => `${row.builderid}/${row.complete}`,
    progress: (row) => (row.complete ? 1 : 0),
    merge: mergeBuild,
    isOver: (row) => row.complete,
    limit: 5_000,
  });
  readonly buildrequests = new Table<BuildRequest>({
    id: (row) => row.buildrequestid,
    listKey: (row) => `${row.builderid}/${row.claimed}/${row.complete}`,
    progress: (row) => (row.complete ? 1 : 0),
    merge: overlay,
    isOver: (row) => row.complete,
    limit: 5_000,
  });
  readonly workers = new Table<Worker>({
    id: (row) => row.workerid,
    listKey: (row) => `${row.connected_to.length}/${row.paused}`,
    progress: noProgress,
    merge: overlay,
    isOver: () => false,
    limit: 20_000,
  });
  readonly steps = new Table<Step>({
    id: (row) => row.stepid,
    listKey: (row) => `${row.buildid}/${row.hidden}`,
    progress: stepProgress,
    merge: overlay,
    isOver: (row) => row.complete,
    limit: 10_000,
  });
  readonly logs = new Table<Log>({
    id: (row) => row.logid,
    listKey: (row) => `${row.stepid}`,
    progress: (row) => (row.complete ? Number.MAX_SAFE_INTEGER : row.num_lines),
    merge: overlay,
    isOver: (row) => row.complete,
    limit: 10_000,
  });
  private readonly propertySets = new Map<number, PropertySet>();

  private seq = 0;
  private queue: { event: LiveEvent; seq: number }[] = [];

  constructor(private readonly schedule: FlushScheduler) {}

  /** Number of events so far; a request notes it before it is sent. */
  get eventCount(): number {
    return this.seq;
  }

  receive(event: LiveEvent): void {
    this.seq += 1;
    this.queue.push({ event, seq: this.seq });
    if (this.queue.length === 1) this.schedule(() => this.flush());
  }

  /** Applies an answer, after the events that came before it. */
  snapshot<K extends keyof EntityMap>(
    kind: K,
    rows: readonly EntityMap[K][],
    since: number,
    covers: (row: EntityMap[K]) => boolean = () => false,
  ): void {
    const table = this[kind] as unknown as Table<EntityMap[K]>;
    batch(() => {
      this.flush();
      table.applySnapshot(rows, since, covers);
    });
  }

  /** A build's full property set, null until known. */
  properties(buildid: number): ReadonlySignal<Properties | null> {
    return this.propertySet(buildid).values;
  }

  snapshotProperties(buildid: number, values: Properties, since: number): void {
    this.flush();
    const known = this.propertySet(buildid);
    const isNewer = known.eventSeq > since;
    known.values.value = isNewer ? { ...values, ...known.values.peek() } : values;
  }

  private propertySet(buildid: number): PropertySet {
    let found = this.propertySets.get(buildid);
    if (!found) {
      found = { values: signal<Properties | null>(null), eventSeq: 0 };
      this.propertySets.set(buildid, found);
    }
    return found;
  }

  private flush(): void {
    const queue = this.queue;
    this.queue = [];
    batch(() => {
      for (const { event, seq } of queue) this.apply(event, seq);
    });
  }

  private apply({ key, message }: LiveEvent, seq: number): void {
    // A cancelled request is announced without a body; `complete` with one follows.
    if (typeof message !== 'object' || message === null) return;
    const kind = entityOf(key);
    if (kind === 'properties') {
      const buildid = Number(key.split('/')[1]);
      const known = this.propertySet(buildid);
      // Only the first event of a build has all, later ones what changed.
      known.values.value = { ...known.values.peek(), ...(message as Properties) };
      known.eventSeq = seq;
    } else if (kind === 'builders') {
      const known = this.builders.find((message as BuilderEvent).builderid)?.peek();
      this.builders.applyEvent(builderAfter(message as BuilderEvent, known), seq);
    } else if (kind !== null) {
      const table = this[kind] as unknown as Table<object>;
      table.applyEvent(message, seq);
    }
  }
}

const entityKinds = ['builders', 'builds', 'buildrequests', 'workers', 'steps', 'logs'] as const;

/** The kind of thing an event is about: the last but one pair of its path. */
export function entityOf(key: string): keyof EntityMap | 'properties' | null {
  const parts = key.split('/');
  if (parts[0] === 'control' || parts.length < 3) return null;
  if (parts.length === 4 && parts[0] === 'builds' && parts[2] === 'properties') return 'properties';
  const kind = parts[parts.length - 3];
  return entityKinds.find((name) => name === kind) ?? null;
}
