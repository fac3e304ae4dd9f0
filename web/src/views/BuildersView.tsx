// SPDX-License-Identifier: MIT
import { useRef, useState } from 'preact/hooks';
import { messageOf } from '../api/ApiError';
import type { Builder } from '../api/types';
import { plural } from '../lib/format';
import { progressOf } from '../lib/results';
import { builderHref, buildHref } from '../lib/routes';
import type { AppState } from '../state/AppState';
import { newestFirst } from '../state/builds';
import { useLiveQuery, useSelected } from '../state/hooks';
import { Empty, Failure, Loading } from '../ui/Notice';
import { ResultDot } from '../ui/ResultBadge';
import { Ago } from '../ui/Times';
import { useWindowRows } from '../ui/useWindowRows';
import { Page } from './Page';

const fetchedBuilds = 200;
const shownBuilds = 8;
const rowHeight = 44;

function buildersPlan({ api, store }: AppState) {
  return {
    paths: ['builds/*/*', 'builders/*/*'],
    load: async (signal: AbortSignal, since: number) => {
      await Promise.all([
        api.builders(signal).then((rows) => store.snapshot('builders', rows, since, () => true)),
        api
          .newestBuilds(fetchedBuilds)(signal)
          .then((rows) => store.snapshot('builds', rows, since)),
      ]);
    },
  };
}

export function BuildersView({ onMenu }: { onMenu: () => void }) {
  const state = useLiveQuery('builders', buildersPlan);
  const [filter, setFilter] = useState('');
  return (
    <Page title="Builders" crumbs={[{ text: 'Builders' }]} onMenu={onMenu}>
      <div class="list-head">
        <h1>Builders</h1>
        <input
          type="search"
          aria-label="Filter by name or tag"
          placeholder="Name or tag"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      </div>
      {state.kind === 'loading' && <Loading what="builders" />}
      {state.kind === 'failed' && <Failure what="builders" message={messageOf(state.error)} />}
      {state.kind === 'ready' && <BuilderRows filter={filter} />}
    </Page>
  );
}

function matches(builder: Builder, filter: string): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every(
    (word) =>
      builder.name.toLowerCase().includes(word) ||
      builder.tags.some((tag) => tag.toLowerCase() === word),
  );
}

/** Builders of a running master, and those that only builds of others appear under. */
function isShown(builder: Builder): boolean {
  return builder.masterids.length > 0 || builder.tags.includes('_virtual_');
}

function BuilderRows({ filter }: { filter: string }) {
  const list = useRef<HTMLUListElement>(null);
  const builders = useSelected(
    ({ store }) =>
      store.builders
        .select((row) => isShown(row) && matches(row, filter))
        .map((row) => row.value)
        .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true })),
    [filter],
  );
  const { items, height, offset } = useWindowRows(list, builders.length, rowHeight);
  return (
    <>
      <p class="muted list-count" role="status">
        {plural(builders.length, 'builder')}
      </p>
      {builders.length === 0 && <Empty>No builder matches.</Empty>}
      <ul class="card builder-rows" ref={list} style={{ height: `${height}px` }}>
        {items.map((item) => {
          const builder = builders[item.index];
          return builder ? (
            <li
              key={builder.builderid}
              style={{ top: `${item.start - offset}px`, height: `${rowHeight}px` }}
              aria-setsize={builders.length}
              aria-posinset={item.index + 1}
            >
              <BuilderRow builder={builder} />
            </li>
          ) : null;
        })}
      </ul>
    </>
  );
}

function BuilderRow({ builder }: { builder: Builder }) {
  const builds = useSelected(
    ({ store }) =>
      store.builds
        .select((row) => row.builderid === builder.builderid)
        .sort(newestFirst)
        .slice(0, shownBuilds),
    [builder.builderid],
  );
  const latest = builds[0]?.value;
  return (
    <>
      <a class="builder-name" href={builderHref(builder.builderid)}>
        {builder.name}
      </a>
      <span class="builder-builds">
        {builds.map(({ value: build }) => (
          <a
            key={build.buildid}
            href={buildHref(build.builderid, build.number)}
            aria-label={`Build ${build.number} of ${builder.name}`}
          >
            <ResultDot result={progressOf(build)} />
          </a>
        ))}
      </span>
      <span class="builder-tags">
        {builder.tags.map((tag) => (
          <span key={tag} class="tag">
            {tag}
          </span>
        ))}
      </span>
      <span class="builder-when muted">
        {latest ? <Ago time={latest.started_at} /> : 'never built'}
      </span>
    </>
  );
}
