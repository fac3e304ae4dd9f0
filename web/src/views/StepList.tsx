// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import type { Build } from '../api/types';
import { plural } from '../lib/format';
import { useSelected } from '../state/hooks';
import { StepItem } from './StepItem';

interface Props {
  build: Build;
  /** Number of the step to show first. */
  target: number | null;
}

export function StepList({ build, target }: Props) {
  const [showHidden, setShowHidden] = useState(false);
  const steps = useSelected(
    ({ store }) =>
      store.steps
        .select((row) => row.buildid === build.buildid)
        .sort((a, b) => a.peek().number - b.peek().number),
    [build.buildid],
  );
  const hidden = steps.filter((step) => step.peek().hidden).length;
  const newest = useSelected(
    ({ store }) =>
      store.steps
        .select((row) => row.buildid === build.buildid)
        .reduce((last, { value }) => (value.started_at ? Math.max(last, value.number) : last), 0),
    [build.buildid],
  );
  return (
    <section class="card" aria-labelledby="steps">
      <div class="card-head">
        <h2 id="steps">Steps</h2>
        {hidden > 0 && (
          <label class="check">
            <input
              type="checkbox"
              checked={showHidden}
              onChange={(event) => setShowHidden(event.currentTarget.checked)}
            />
            show {plural(hidden, 'hidden step')}
          </label>
        )}
      </div>
      <ol class="steps">
        {steps
          .filter((step) => showHidden || !step.peek().hidden)
          .map((step) => (
            <StepItem
              key={step.peek().stepid}
              step={step}
              build={build}
              isTarget={step.peek().number === target}
              isPassed={step.peek().number < newest}
            />
          ))}
      </ol>
    </section>
  );
}
