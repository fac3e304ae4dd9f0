// SPDX-License-Identifier: MIT
import type { ComponentChildren } from 'preact';
import type { Build, Builder } from '../api/types';
import { absolute } from '../lib/format';
import { progressOf } from '../lib/results';
import { buildHref } from '../lib/routes';
import { buildFacts } from '../state/builds';
import { useApp, useSelected } from '../state/hooks';
import { Icon } from '../ui/Icon';
import { ResultBadge } from '../ui/ResultBadge';
import { Elapsed } from '../ui/Times';

interface Props {
  build: Build;
  builder: Builder;
  onStop: () => void;
}

export function BuildHeader({ build, builder, onStop }: Props) {
  const { store } = useApp();
  const facts = buildFacts(store.properties(build.buildid).value ?? build.properties);
  const result = progressOf(build);
  return (
    <header class={`head build-head results_${result.toUpperCase()}`}>
      <div class="head-main">
        <div class="build-title">
          <ResultBadge result={result} />
          <h1>
            {builder.name} <span class="muted">#{build.number}</span>
          </h1>
          <span class="build-state">{build.state_string}</span>
        </div>
        <dl class="facts">
          <Fact name={build.complete ? 'took' : 'running for'}>
            <Elapsed from={build.started_at} to={build.complete_at} />
          </Fact>
          <Fact name="started">
            <time dateTime={new Date(build.started_at * 1000).toISOString()}>
              {absolute(build.started_at)}
            </time>
          </Fact>
          {build.locks_duration_s > 0 && (
            <Fact name="waited for locks">{build.locks_duration_s} s</Fact>
          )}
          {facts.owner !== null && <Fact name="owner">{facts.owner}</Fact>}
          {facts.branch !== null && <Fact name="branch">{facts.branch}</Fact>}
          {facts.revision !== null && (
            <Fact name="revision">
              <span class="mono" title={facts.revision}>
                {facts.revision.slice(0, 12)}
              </span>
            </Fact>
          )}
          {facts.reason !== null && <Fact name="reason">{facts.reason}</Fact>}
        </dl>
      </div>
      <div class="head-actions">
        <Neighbours build={build} />
        {!build.complete && (
          <button type="button" class="button is-danger" onClick={onStop}>
            <Icon name="stop" />
            Stop
          </button>
        )}
      </div>
    </header>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Neighbours({ build }: { build: Build }) {
  const { builderid, number } = build;
  const isFollowed = useSelected(
    ({ store }) =>
      store.builds.select((row) => row.builderid === builderid && row.number > number).length > 0,
    [builderid, number],
  );
  // A running build usually is the newest: a link to the next would lead nowhere.
  const hasNext = build.complete || isFollowed;
  return (
    <nav class="neighbours" aria-label="Neighbouring builds">
      {number > 1 && (
        <a class="button" href={buildHref(builderid, number - 1)}>
          <Icon name="left" />
          <span class="sr-only">previous build </span>#{number - 1}
        </a>
      )}
      {hasNext && (
        <a class="button" href={buildHref(builderid, number + 1)}>
          <span class="sr-only">next build </span>#{number + 1}
          <Icon name="chevron" />
        </a>
      )}
    </nav>
  );
}
