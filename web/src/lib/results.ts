// SPDX-License-Identifier: MIT
export type ResultName =
  | 'success'
  | 'warnings'
  | 'failure'
  | 'skipped'
  | 'exception'
  | 'retry'
  | 'cancelled'
  | 'running'
  | 'pending';

const byCode: readonly ResultName[] = [
  'success',
  'warnings',
  'failure',
  'skipped',
  'exception',
  'retry',
  'cancelled',
];

export function resultName(code: number | null): ResultName {
  // Requests and buildsets that are not complete carry -1.
  if (code === null || code < 0) return 'pending';
  return byCode[code] ?? 'exception';
}

interface Progress {
  started_at: number | null;
  complete: boolean;
  results: number | null;
}

export function progressOf(item: Progress): ResultName {
  if (item.complete) return resultName(item.results);
  return item.started_at === null ? 'pending' : 'running';
}

/** Results whose logs somebody will want to read first. */
export function isBad(name: ResultName): boolean {
  return name === 'failure' || name === 'exception' || name === 'cancelled';
}
