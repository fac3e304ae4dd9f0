// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import { ApiError, messageOf } from '../api/ApiError';
import type { Builder, ForceScheduler } from '../api/types';
import { plural } from '../lib/format';
import { builderHref, buildersHref, forceHref } from '../lib/routes';
import type { AppState } from '../state/AppState';
import { useLiveQuery, useSelected } from '../state/hooks';
import { Icon } from '../ui/Icon';
import { Empty, Failure, Loading } from '../ui/Notice';
import { BuildTable } from './BuildTable';
import { ForceDialog } from './ForceDialog';
import { NotFoundView } from './NotFoundView';
import { Page } from './Page';
import { PendingRequests } from './PendingRequests';
import { useBuilder } from './useBuilder';
import { WorkerList } from './WorkerList';

const pageSize = 50;

interface Props {
  builder: string;
  force: string | null;
  onMenu: () => void;
}

export function BuilderView({ builder: named, force, onMenu }: Props) {
  const { builder, state } = useBuilder(named);
  if (state.kind === 'failed' && state.error instanceof ApiError && state.error.isNotFound) {
    return <NotFoundView path={`builders/${named}`} onMenu={onMenu} />;
  }
  const title = builder?.name ?? 'Builder';
  const crumbs = [{ text: 'Builders', href: buildersHref }, { text: builder?.name ?? named }];
  return (
    <Page title={title} crumbs={crumbs} onMenu={onMenu}>
      {builder === null && state.kind === 'loading' && <Loading what="builder" />}
      {state.kind === 'failed' && <Failure what="builder" message={messageOf(state.error)} />}
      {builder && <BuilderContent builder={builder} force={force} />}
    </Page>
  );
}

function builderPlan(app: AppState, builderid: number, limit: number) {
  const { api, store } = app;
  return {
    paths: [
      `builders/${builderid}/builds/*/*`,
      `builders/${builderid}/buildrequests/*/*`,
      'workers/*/*',
    ],
    load: async (signal: AbortSignal, since: number) => {
      await Promise.all([
        api
          .builderBuilds(
            builderid,
            limit,
          )(signal)
          .then((rows) =>
            store.snapshot(
              'builds',
              rows,
              since,
              (row) => row.builderid === builderid && !row.complete,
            ),
          ),
        api
          .builderRequests(builderid)(signal)
          .then((rows) =>
            store.snapshot(
              'buildrequests',
              rows,
              since,
              (row) => row.builderid === builderid && !row.claimed && !row.complete,
            ),
          ),
        api
          .builderWorkers(builderid)(signal)
          .then((rows) => store.snapshot('workers', rows, since)),
      ]);
    },
  };
}

function BuilderContent({ builder, force }: { builder: Builder; force: string | null }) {
  const { builderid } = builder;
  const [limit, setLimit] = useState(pageSize);
  const state = useLiveQuery(`builder ${builderid} ${limit}`, (app) =>
    builderPlan(app, builderid, limit),
  );
  const builds = useSelected(
    ({ store }) =>
      store.builds
        .select((row) => row.builderid === builderid)
        .sort((a, b) => b.peek().number - a.peek().number),
    [builderid],
  );
  const oldest = builds[builds.length - 1]?.peek().number ?? 1;
  return (
    <>
      <BuilderHeader builder={builder} force={force} />
      <PendingRequests builderid={builderid} />
      <section class="card" aria-labelledby="builds">
        <h2 id="builds">Builds</h2>
        {builds.length === 0 && state.kind === 'loading' && <Loading what="builds" />}
        {state.kind === 'failed' && <Failure what="builds" message={messageOf(state.error)} />}
        {builds.length === 0 && state.kind === 'ready' && (
          <Empty>This builder has not built anything yet.</Empty>
        )}
        {builds.length > 0 && (
          <BuildTable builds={builds.slice(0, limit)} label={`Builds of ${builder.name}`} />
        )}
        {oldest > 1 && builds.length >= limit && (
          <button type="button" class="button" onClick={() => setLimit(limit + 4 * pageSize)}>
            Load older builds
          </button>
        )}
      </section>
      <WorkerList builderid={builderid} />
    </>
  );
}

function BuilderHeader({ builder, force }: { builder: Builder; force: string | null }) {
  const [schedulers, setSchedulers] = useState<readonly ForceScheduler[]>([]);
  useLiveQuery(`force ${builder.builderid}`, ({ api }) => ({
    paths: [],
    load: async (signal) => setSchedulers(await api.forceSchedulers(builder.builderid)(signal)),
  }));
  const open = schedulers.find((scheduler) => scheduler.name === force);
  const close = () => window.location.replace(builderHref(builder.builderid));
  return (
    <header class="head">
      <div class="head-main">
        <h1>{builder.name}</h1>
        <ul class="tags" aria-label={plural(builder.tags.length, 'tag')}>
          {builder.tags.map((tag) => (
            <li key={tag} class="tag">
              {tag}
            </li>
          ))}
        </ul>
        <Description builder={builder} />
      </div>
      <div class="head-actions">
        {schedulers
          .filter((scheduler) => scheduler.enabled)
          .map((scheduler) => (
            <a
              key={scheduler.name}
              class="button is-primary"
              href={forceHref(builder.builderid, scheduler.name)}
            >
              <Icon name="play" />
              {scheduler.button_name}
            </a>
          ))}
      </div>
      {open && <ForceDialog builder={builder} scheduler={open} onClose={close} />}
    </header>
  );
}

function Description({ builder }: { builder: Builder }) {
  if (builder.description_html !== null && builder.description_html !== '') {
    // The master's own configuration is the only source of this HTML.
    const html = { __html: builder.description_html };
    return <div class="description" dangerouslySetInnerHTML={html} />;
  }
  return builder.description === null || builder.description === '' ? null : (
    <p class="description">{builder.description}</p>
  );
}
