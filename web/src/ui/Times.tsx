// SPDX-License-Identifier: MIT
import { useNow } from '../lib/clock';
import { absolute, ago, duration } from '../lib/format';

/** How long ago, exact time on hover. */
export function Ago({ time }: { time: number }) {
  const now = useNow(true);
  return (
    <time dateTime={new Date(time * 1000).toISOString()} title={absolute(time)}>
      {ago(time, now)}
    </time>
  );
}

interface ElapsedProps {
  from: number;
  /** Null while it goes on. */
  to: number | null;
}

export function Elapsed({ from, to }: ElapsedProps) {
  const now = useNow(to === null);
  return <span class="nowrap">{duration((to ?? now) - from)}</span>;
}

interface ProgressProps {
  from: number;
  /** What earlier runs took, in seconds; null when unknown. */
  expected_s: number | null;
  label: string;
}

/** Elapsed time against what earlier runs took. */
export function TimeBar({ from, expected_s, label }: ProgressProps) {
  const now = useNow(true);
  const elapsed = Math.max(0, now - from);
  if (expected_s === null || expected_s < 1) return <span class="nowrap">{duration(elapsed)}</span>;
  const percent = Math.min(100, Math.round((elapsed / expected_s) * 100));
  const isLate = elapsed > expected_s * 1.05;
  return (
    <span class="timebar">
      <span
        class={`timebar-track ${isLate ? 'is-late' : ''}`}
        role="progressbar"
        aria-label={label}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <span class="timebar-fill" style={{ width: `${percent}%` }} />
      </span>
      <span class="nowrap">
        {duration(elapsed)} <span class="muted">of about {duration(expected_s)}</span>
      </span>
    </span>
  );
}
