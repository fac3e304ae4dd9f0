// SPDX-License-Identifier: MIT
import type { ReadonlySignal } from '@preact/signals';
import type { ParsedLine } from './ansi';

/** Which stream a line came from: stdout, stderr, header; `t` for logs without streams. */
export type Stream = 'o' | 'e' | 'h' | 't';

export interface LogLine extends ParsedLine {
  stream: Stream;
}

/** Lines that arrive when looked at; what a log view draws. Lines count from 0. */
export interface LogLines {
  /** Goes up whenever lines arrive. */
  readonly version: ReadonlySignal<number>;
  /** Why lines are missing, if they could not be fetched. */
  readonly failure: ReadonlySignal<string | null>;
  /** Says which lines `[first, end)` are on screen. */
  want(first: number, end: number): void;
  line(index: number): LogLine | undefined;
  retry(): void;
}
