// SPDX-License-Identifier: MIT
import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, messageOf } from '../api/ApiError';
import type { Build, Builder } from '../api/types';
import { builderHref, buildersHref, type Route } from '../lib/routes';
import { progressOf } from '../lib/results';
import type { AppState } from '../state/AppState';
import { useApp, useLiveQuery, useSelected } from '../state/hooks';
import type { QueryPlan } from '../state/LiveQuery';
import { Failure, Loading } from '../ui/Notice';
import { BuildHeader } from './BuildHeader';
import { NotFoundView } from './NotFoundView';
import { Page } from './Page';
import { PropertiesPanel } from './PropertiesPanel';
import { StepList } from './StepList';
import { StopDialog } from './StopDialog';
import { useBuilder } from './useBuilder';

interface Props {
  route: Extract<Route, { page: 'build' }>;
  onMenu: () => void;
}

/** The build an address names, kept live; its row is null until known. */
function useBuild(builderid: number | null, number: number) {
  const key = builderid === null ? null : `build ${builderid} ${number}`;
  const state = useLiveQuery(key, ({ api, store }) => ({
    paths: [`builders/${builderid ?? 0}/builds/${number}/*`],
    load: async (signal, since) => {
      store.snapshot('builds', [await api.build(builderid ?? 0, number)(signal)], since);
    },
  }));
  const build = useSelected(
    ({ store }) =>
      store.builds.select((row) => row.builderid === builderid && row.number === number)[0] ?? null,
    [builderid, number],
  );
  return { state, build };
}

export function BuildView({ route, onMenu }: Props) {
  const { builder: named, number } = route;
  const { builderid, builder, state: builderState } = useBuilder(named);
  const { build, state } = useBuild(builderid, number);
  const failure = [builderState, state].find((each) => each.kind === 'failed');
  const isMissing = failure?.error instanceof ApiError && failure.error.isNotFound;
  const hasBuilder = builder !== null;
  useEffect(() => {
    // A number that does not exist leads to the builder, as in Buildbot.
    if (isMissing && hasBuilder) window.location.replace(builderHref(named));
  }, [isMissing, hasBuilder, named]);
  if (isMissing && builderState.kind === 'failed') {
    return <NotFoundView path={`builders/${named}/builds/${number}`} onMenu={onMenu} />;
  }

  const name = builder?.name ?? named;
  const result = build ? progressOf(build.value) : undefined;
  const crumbs = [
    { text: 'Builders', href: buildersHref },
    { text: name, href: builderHref(named) },
    { text: `#${number}` },
  ];
  return (
    <Page
      title={`${name} #${number}${result ? ` ${result}` : ''}`}
      crumbs={crumbs}
      {...(result && { result })}
      onMenu={onMenu}
    >
      {failure && !isMissing && <Failure what="build" message={messageOf(failure.error)} />}
      {!failure && !(build && builder) && <Loading what="build" />}
      {build && builder && <BuildContent build={build} builder={builder} step={route.step} />}
    </Page>
  );
}

interface ContentProps {
  build: ReadonlySignal<Build>;
  builder: Builder;
  /** Number of the step the address points at. */
  step: number | null;
}

function stepsPlan({ api, store }: AppState, { buildid, complete }: Build): QueryPlan {
  const loadSteps = async (signal: AbortSignal, since: number) => {
    const steps = await api.steps(buildid)(signal);
    store.snapshot('steps', steps, since, (step) => step.buildid === buildid);
  };
  // A finished build does not change any more.
  if (complete) return { paths: [], load: loadSteps };
  return {
    paths: [`builds/${buildid}/steps/*/*`, `builds/${buildid}/properties/*`],
    load: async (signal, since) => {
      const properties = api.buildProperties(buildid)(signal);
      await loadSteps(signal, since);
      store.snapshotProperties(buildid, await properties, since);
    },
  };
}

function BuildContent({ build, builder, step }: ContentProps) {
  const [isStopping, setStopping] = useState(false);
  const row = build.value;
  useAnnouncedResult(row, builder.name);
  const state = useLiveQuery(`steps ${row.buildid}`, (app) => stepsPlan(app, row));
  return (
    <div class="bb-build-summary">
      <BuildHeader build={row} builder={builder} onStop={() => setStopping(true)} />
      {state.kind === 'failed' && <Failure what="steps" message={messageOf(state.error)} />}
      {state.kind === 'loading' && <Loading what="steps" />}
      <StepList build={row} target={step} />
      <PropertiesPanel build={row} />
      {isStopping && <StopDialog build={row} onClose={() => setStopping(false)} />}
    </div>
  );
}

/** Tells screen readers when the build on the page ends. */
function useAnnouncedResult(build: Build, name: string): void {
  const app = useApp();
  const wasRunning = useRef(!build.complete);
  useEffect(() => {
    if (!build.complete || !wasRunning.current) return;
    wasRunning.current = false;
    app.announcement.value = `${name} build ${build.number} ended: ${progressOf(build)}`;
  }, [app, build, name]);
}
