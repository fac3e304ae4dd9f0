// SPDX-License-Identifier: MIT
import type { AppState } from '../state/AppState';
import { brokenBuilders, newestFirst, usualDuration } from '../state/builds';
import { useLiveQuery, useSelected } from '../state/hooks';
import { messageOf } from '../api/ApiError';
import { Empty, Failure, Loading } from '../ui/Notice';
import { BuildTable } from './BuildTable';
import { Page } from './Page';
import { Stat } from '../ui/Stat';

const recentLimit = 50;
const shownRecent = 20;

function homePlan(app: AppState) {
  const { api, store } = app;
  const isWaiting = (row: { claimed: boolean; complete: boolean }) => !row.claimed && !row.complete;
  return {
    paths: ['builds/*/*', 'buildrequests/*/*', 'workers/*/*'],
    load: async (signal: AbortSignal, since: number) => {
      await Promise.all([
        api.builders(signal).then((rows) => store.snapshot('builders', rows, since, () => true)),
        api
          .runningBuilds(signal)
          .then((rows) => store.snapshot('builds', rows, since, (row) => !row.complete)),
        api
          .recentBuilds(recentLimit)(signal)
          .then((rows) => store.snapshot('builds', rows, since)),
        api
          .pendingRequests(signal)
          .then((rows) => store.snapshot('buildrequests', rows, since, isWaiting)),
        api.workers(signal).then((rows) => store.snapshot('workers', rows, since, () => true)),
      ]);
    },
  };
}

export function HomeView({ onMenu }: { onMenu: () => void }) {
  const state = useLiveQuery('home', homePlan);
  return (
    <Page title="Home" crumbs={[{ text: 'Home' }]} onMenu={onMenu}>
      <h1 class="sr-only">Home</h1>
      {state.kind === 'loading' && <Loading what="builds" />}
      {state.kind === 'failed' && <Failure what="builds" message={messageOf(state.error)} />}
      {state.kind === 'ready' && <HomeContent />}
    </Page>
  );
}

function HomeContent() {
  const running = useSelected(
    ({ store }) => store.builds.select((row) => !row.complete).sort(newestFirst),
    [],
  );
  const finished = useSelected(
    ({ store }) => store.builds.select((row) => row.complete).sort(newestFirst),
    [],
  );
  const broken = brokenBuilders(finished.slice(0, recentLimit));
  return (
    <>
      <Gauges running={running.length} />
      {broken.length > 0 && (
        <section class="card" aria-labelledby="broken">
          <h2 id="broken">Needs attention</h2>
          <BuildTable builds={broken} label="Builders whose latest build failed" showBuilder />
        </section>
      )}
      <section class="card" aria-labelledby="running">
        <h2 id="running">Running builds</h2>
        {running.length === 0 ? (
          <Empty>Nothing is being built.</Empty>
        ) : (
          <BuildTable
            builds={running}
            label="Running builds"
            showBuilder
            expected={(builderid) => usualDuration(finished, builderid)}
          />
        )}
      </section>
      <section class="card" aria-labelledby="recent">
        <h2 id="recent">Recent builds</h2>
        {finished.length === 0 ? (
          <Empty>No build has finished yet.</Empty>
        ) : (
          <BuildTable builds={finished.slice(0, shownRecent)} label="Recent builds" showBuilder />
        )}
      </section>
    </>
  );
}

function Gauges({ running }: { running: number }) {
  const waiting = useSelected(
    ({ store }) => store.buildrequests.select((row) => !row.claimed && !row.complete).length,
    [],
  );
  const workers = useSelected(({ store }) => store.workers.select(() => true), []);
  const connected = workers.filter((worker) => worker.value.connected_to.length > 0).length;
  return (
    <ul class="stats" aria-label="Overview">
      <Stat name="running" value={String(running)} />
      <Stat name="waiting" value={String(waiting)} />
      <Stat
        name="workers connected"
        value={`${connected} / ${workers.length}`}
        isWarning={workers.length > 0 && connected === 0}
      />
    </ul>
  );
}
