// SPDX-License-Identifier: MIT
import { ApiError, messageOf } from '../api/ApiError';
import { plural } from '../lib/format';
import { progressOf } from '../lib/results';
import { buildersHref, builderHref, buildHref, logHref, type Route } from '../lib/routes';
import { useApp, useLiveQuery, useSelected } from '../state/hooks';
import { Icon } from '../ui/Icon';
import { Failure, Loading } from '../ui/Notice';
import { ResultBadge } from '../ui/ResultBadge';
import { LogBody } from './LogBody';
import { NotFoundView } from './NotFoundView';
import { Page } from './Page';
import { useBuilder } from './useBuilder';

type LogRoute = Extract<Route, { page: 'log' }>;

interface Props {
  route: LogRoute;
  onMenu: () => void;
}

export function LogPageView({ route, onMenu }: Props) {
  const { builder: named, number, step: stepNamed, slug } = route;
  const { builder } = useBuilder(named);
  const { step, log, failure } = useStepLog(route);
  if (failure instanceof ApiError && failure.isNotFound) {
    return <NotFoundView path={logHref(named, number, stepNamed, slug).slice(2)} onMenu={onMenu} />;
  }
  const builderName = builder?.name ?? named;
  const logName = log?.name ?? slug;
  const stepName = step?.name ?? stepNamed;
  const build = buildHref(named, number);
  const crumbs = [
    { text: 'Builders', href: buildersHref },
    { text: builderName, href: builderHref(named) },
    { text: `#${number}`, href: build },
    { text: stepName, href: build },
    { text: logName },
  ];
  return (
    <Page
      title={`${logName}: ${builderName} #${number} ${stepName}`}
      crumbs={crumbs}
      isFull
      onMenu={onMenu}
    >
      <div class="log-page-head">
        <h1>
          {stepName} / {logName}
        </h1>
        {step && <ResultBadge result={progressOf(step)} />}
        {log && <LogFacts logid={log.logid} lines={log.num_lines} />}
      </div>
      {failure !== null && <Failure what="log" message={messageOf(failure)} />}
      {!log && failure === null && <Loading what="log" />}
      {log && (
        <LogBody
          log={log}
          label={`Log ${logName} of step ${stepName}`}
          startAtEnd={!log.complete || route.toEnd}
          lineHref={(line) => `${logHref(named, number, stepNamed, slug)}?L=${line}`}
          marked={route.lines}
          maxRows={null}
        />
      )}
    </Page>
  );
}

function LogFacts({ logid, lines }: { logid: number; lines: number }) {
  const { api } = useApp();
  return (
    <span class="log-links">
      <span class="muted">{plural(lines, 'line')}</span>
      <a href={api.rawLogHref(logid)} download>
        <Icon name="download" />
        download
      </a>
    </span>
  );
}

/** The step the address names, then the log by the step's id: its events carry that id. */
function useStepLog({ builder, number, step: stepNamed, slug }: LogRoute) {
  const stepState = useLiveQuery(`step ${builder} ${number} ${stepNamed}`, ({ api, store }) => ({
    paths: [],
    load: async (signal, since) => {
      store.snapshot('steps', [await api.step(builder, number, stepNamed)(signal)], since);
      store.snapshot('builds', [await api.build(builder, number)(signal)], since);
    },
  }));
  const step = useSelected(
    ({ store }) => {
      const isNumber = /^\d+$/.test(stepNamed);
      const builderRow = store.builders.select(
        (row) => String(row.builderid) === builder || row.name === builder,
      )[0];
      const build = store.builds.select(
        (row) => row.builderid === builderRow?.value.builderid && row.number === number,
      )[0];
      const matches = store.steps.select(
        (row) =>
          row.buildid === build?.value.buildid &&
          (isNumber ? row.number === Number(stepNamed) : row.name === stepNamed),
      );
      return matches[0]?.value ?? null;
    },
    [builder, number, stepNamed],
  );
  const stepid = step?.stepid ?? null;
  const logState = useLiveQuery(
    stepid === null ? null : `log ${stepid} ${slug}`,
    ({ api, store }) => ({
      paths: step?.complete
        ? []
        : [`steps/${stepid ?? 0}/logs/${slug}/*`, `steps/${stepid ?? 0}/*`],
      load: async (signal, since) => {
        store.snapshot('logs', [await api.stepLog(stepid ?? 0, slug)(signal)], since);
      },
    }),
  );
  const log = useSelected(
    ({ store }) =>
      store.logs.select((row) => row.stepid === stepid && row.slug === slug)[0]?.value ?? null,
    [stepid, slug],
  );
  const failed = [stepState, logState].find((state) => state.kind === 'failed');
  return { step, log, failure: failed ? failed.error : null };
}
