// SPDX-License-Identifier: MIT
import type { ReadonlySignal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { messageOf } from '../api/ApiError';
import type { Build, Log, Step } from '../api/types';
import { plural } from '../lib/format';
import { isBad, progressOf } from '../lib/results';
import { logHref } from '../lib/routes';
import { useApp, useLiveQuery, useSelected } from '../state/hooks';
import { Icon } from '../ui/Icon';
import { Empty, Failure, Loading } from '../ui/Notice';
import { LogBody } from './LogBody';

const previewRows = 24;

interface Props {
  step: Step;
  build: Build;
}

/** The logs of an expanded step, one shown at a time. */
export function StepLogs({ step, build }: Props) {
  const [slug, setSlug] = useState<string | null>(null);
  const state = useLiveQuery(`logs ${step.stepid}`, ({ api, store }) => ({
    paths: step.complete ? [] : [`steps/${step.stepid}/logs/*/*`],
    load: async (signal, since) => {
      const logs = await api.stepLogs(step.stepid)(signal);
      store.snapshot('logs', logs, since, (log) => log.stepid === step.stepid);
    },
  }));
  const logs = useSelected(
    ({ store }) =>
      store.logs
        .select((row) => row.stepid === step.stepid)
        .sort((a, b) => a.peek().logid - b.peek().logid),
    [step.stepid],
  );
  const shown = logs.find((log) => log.peek().slug === slug) ?? logs[0];
  if (state.kind === 'failed') return <Failure what="logs" message={messageOf(state.error)} />;
  if (!shown) {
    return state.kind === 'loading' ? (
      <Loading what="logs" />
    ) : (
      <Empty>This step has no log.</Empty>
    );
  }
  return (
    <>
      <div class="log-head">
        <div class="log-tabs" role="group" aria-label="Logs">
          {logs.map((log) => (
            <LogTab key={log.peek().logid} log={log} isShown={log === shown} onShow={setSlug} />
          ))}
        </div>
        <LogLinks log={shown.value} step={step} build={build} />
      </div>
      <LogBody
        key={shown.peek().logid}
        log={shown.value}
        label={`Log ${shown.value.name} of step ${step.name}`}
        startAtEnd={!step.complete || isBad(progressOf(step))}
        lineHref={(line) =>
          `${logHref(build.builderid, build.number, step.number, shown.peek().slug)}?L=${line}`
        }
        marked={null}
        maxRows={previewRows}
      />
    </>
  );
}

interface TabProps {
  log: ReadonlySignal<Log>;
  isShown: boolean;
  onShow: (slug: string) => void;
}

function LogTab({ log, isShown, onShow }: TabProps) {
  const { name, slug, num_lines } = log.value;
  return (
    <button type="button" class="log-tab" aria-pressed={isShown} onClick={() => onShow(slug)}>
      {name} <span class="muted">{plural(num_lines, 'line')}</span>
    </button>
  );
}

function LogLinks({ log, step, build }: Props & { log: Log }) {
  const { api } = useApp();
  return (
    <span class="log-links">
      <a href={logHref(build.builderid, build.number, step.number, log.slug)}>
        <Icon name="expand" />
        full log
      </a>
      <a href={api.rawLogHref(log.logid)} download>
        <Icon name="download" />
        download
      </a>
    </span>
  );
}
