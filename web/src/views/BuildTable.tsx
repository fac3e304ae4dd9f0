// SPDX-License-Identifier: MIT
import type { ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Build } from '../api/types';
import { builderHref, buildHref } from '../lib/routes';
import { progressOf } from '../lib/results';
import { buildFacts } from '../state/builds';
import { useApp, useSelected } from '../state/hooks';
import { ResultBadge } from '../ui/ResultBadge';
import { Ago, Elapsed, TimeBar } from '../ui/Times';

interface Props {
  builds: readonly ReadonlySignal<Build>[];
  label: string;
  showBuilder?: boolean;
  /** What a running build of a builder is likely to take, in seconds. */
  expected?: (builderid: number) => number | null;
}

export function BuildTable({ builds, label, showBuilder = false, expected }: Props) {
  return (
    <table class="table build-table" aria-label={label}>
      <thead>
        <tr>
          <th scope="col" data-cell="result">
            Result
          </th>
          {showBuilder && (
            <th scope="col" data-cell="builder">
              Builder
            </th>
          )}
          <th scope="col" data-cell="number">
            Build
          </th>
          <th scope="col" data-cell="state">
            State
          </th>
          <th scope="col" data-cell="why">
            Why
          </th>
          <th scope="col" data-cell="revision">
            Revision
          </th>
          <th scope="col" data-cell="duration">
            Duration
          </th>
          <th scope="col" data-cell="started">
            Started
          </th>
        </tr>
      </thead>
      <tbody>
        {builds.map((build) => (
          <BuildRow
            key={build.peek().buildid}
            build={build}
            showBuilder={showBuilder}
            {...(expected && { expected })}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps extends Pick<Props, 'expected'> {
  build: ReadonlySignal<Build>;
  showBuilder: boolean;
}

function BuildRow({ build: signal, showBuilder, expected }: RowProps) {
  const build = signal.value;
  const facts = buildFacts(build.properties);
  const app = useApp();
  // eslint-disable-next-line react-hooks/exhaustive-deps -- only a new build and its end matter
  useEffect(() => app.facts.want(build), [app, build.buildid, build.complete]);
  return (
    <tr class="bb-build-row">
      <td data-cell="result">
        <ResultBadge result={progressOf(build)} />
      </td>
      {showBuilder && (
        <td data-cell="builder">
          <BuilderName builderid={build.builderid} />
        </td>
      )}
      <td data-cell="number">
        <a href={buildHref(build.builderid, build.number)}>#{build.number}</a>
      </td>
      <td data-cell="state" title={build.state_string}>
        {build.state_string}
      </td>
      <td data-cell="why" class="muted" title={facts.reason ?? undefined}>
        {facts.reason ?? facts.owner ?? ''}
      </td>
      <td data-cell="revision" class="mono">
        {facts.revision === null ? (facts.branch ?? '') : facts.revision.slice(0, 10)}
      </td>
      <td data-cell="duration">
        {expected && !build.complete ? (
          <TimeBar
            from={build.started_at}
            expected_s={expected(build.builderid)}
            label={`Progress of build ${build.number}`}
          />
        ) : (
          <Elapsed from={build.started_at} to={build.complete_at} />
        )}
      </td>
      <td data-cell="started" class="nowrap">
        <Ago time={build.started_at} />
      </td>
    </tr>
  );
}

export function BuilderName({ builderid }: { builderid: number }) {
  const name = useSelected(
    ({ store }) => store.builders.find(builderid)?.value.name ?? `builder ${builderid}`,
    [builderid],
  );
  return <a href={builderHref(builderid)}>{name}</a>;
}
