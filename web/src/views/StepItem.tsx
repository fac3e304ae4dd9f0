// SPDX-License-Identifier: MIT
import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Build, Step } from '../api/types';
import { useNow } from '../lib/clock';
import { isBad, progressOf, type ResultName } from '../lib/results';
import { stepHref } from '../lib/routes';
import { Icon } from '../ui/Icon';
import { ResultDot } from '../ui/ResultBadge';
import { Elapsed } from '../ui/Times';
import { StepLogs } from './StepLogs';

interface Props {
  step: ReadonlySignal<Step>;
  build: Build;
  /** The address points at this step. */
  isTarget: boolean;
  /** A later step has started. */
  isPassed: boolean;
}

export function StepItem({ step: signal, build, isTarget, isPassed }: Props) {
  const step = signal.value;
  const [chosen, setChosen] = useState<boolean | null>(null);
  const bodyId = useId();
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (!isTarget) return;
    setChosen(true);
    item.current?.scrollIntoView();
  }, [isTarget]);
  const result = progressOf(step);
  const isWatched = useWasRunning(result) && !isPassed;
  const isOpen = chosen ?? (isBad(result) || isWatched);
  // What somebody reads must not vanish when the step ends.
  const keepOpen = () => setChosen(true);
  return (
    <li
      ref={item}
      id={`bb-step-${step.number}`}
      class={`step bb-build-summary-step-line results_${result.toUpperCase()}`}
      data-step={step.name}
    >
      <div class="step-head">
        <button
          type="button"
          class="step-toggle"
          aria-expanded={isOpen}
          aria-controls={bodyId}
          onClick={() => setChosen(!isOpen)}
        >
          <Icon name="chevron" class={`step-chevron ${isOpen ? 'is-open' : ''}`} />
          <ResultDot result={result} />
          <span class="step-number">{step.number}</span>
          <span class="step-name">{step.name}</span>
          <span class="step-state">{step.state_string}</span>
        </button>
        <StepUrls step={step} />
        <StepTime step={step} build={build} />
        <a
          class="step-link"
          href={stepHref(build.builderid, build.number, step.number)}
          aria-label={`Link to step ${step.name}`}
        >
          <Icon name="link" />
        </a>
      </div>
      <div
        id={bodyId}
        class="step-body"
        hidden={!isOpen}
        onPointerDown={keepOpen}
        onWheel={keepOpen}
        onKeyDown={keepOpen}
      >
        {isOpen && <StepLogs step={step} build={build} />}
      </div>
    </li>
  );
}

/** True from the moment the step is seen running: its last lines are shown until the next starts. */
function useWasRunning(result: ResultName): boolean {
  const was = useRef(false);
  if (result === 'running') was.current = true;
  return was.current;
}

function StepUrls({ step }: { step: Step }) {
  if (step.urls.length === 0) return null;
  return (
    <span class="step-urls">
      {step.urls.map((url) => (
        <a key={url.url} href={safeUrl(url.url)} rel="noopener noreferrer">
          {url.name}
        </a>
      ))}
    </span>
  );
}

/** Steps take their links from build output: only web addresses become links. */
function safeUrl(url: string): string | undefined {
  return /^(https?:|\/|#|[^:]*$)/i.test(url) ? url : undefined;
}

/** Duration, and where in the build the step ran. */
function StepTime({ step, build }: { step: Step; build: Build }) {
  // The bar of a finished step shrinks while the build goes on.
  const now = useNow(step.started_at !== null && !build.complete);
  if (step.started_at === null) return <span class="step-time" />;
  const end = build.complete_at ?? Math.max(now, step.complete_at ?? 0);
  const whole = Math.max(1, end - build.started_at);
  const left = ((step.started_at - build.started_at) / whole) * 100;
  const width = (((step.complete_at ?? end) - step.started_at) / whole) * 100;
  return (
    <span class="step-time">
      <span class="step-bar" aria-hidden="true">
        <span style={{ left: `${clamp(left)}%`, width: `${Math.max(1.5, clamp(width))}%` }} />
      </span>
      <Elapsed from={step.started_at} to={step.complete_at} />
    </span>
  );
}

function clamp(percent: number): number {
  return Math.min(98.5, Math.max(0, percent));
}
