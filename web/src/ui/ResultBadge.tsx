// SPDX-License-Identifier: MIT
import type { ResultName } from '../lib/results';
import { Icon, type IconName } from './Icon';

const glyphs: Record<ResultName, IconName> = {
  success: 'check',
  warnings: 'alert',
  failure: 'cross',
  skipped: 'minus',
  exception: 'bolt',
  retry: 'retry',
  cancelled: 'stop',
  running: 'dots',
  pending: 'clock',
};

interface Props {
  result: ResultName;
}

/** A result as colour, glyph and word. */
export function ResultBadge({ result }: Props) {
  return (
    <span class={`badge results_${result.toUpperCase()}`}>
      <Icon name={glyphs[result]} />
      {result}
    </span>
  );
}

/** The same where there is little room; the word is for screen readers. */
export function ResultDot({ result }: Props) {
  return (
    <span class={`dot results_${result.toUpperCase()}`} title={result}>
      <Icon name={glyphs[result]} />
      <span class="sr-only">{result}</span>
    </span>
  );
}
