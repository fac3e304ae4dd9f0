// SPDX-License-Identifier: MIT
import { signal, type ReadonlySignal } from '@preact/signals';
import { ApiError, isAbort, messageOf } from '../api/ApiError';
import { parseAnsiLine, plainStyle, type SgrState } from '../lib/ansi';
import type { LogLine, LogLines, Stream } from '../lib/LogLines';
import { Lru } from '../lib/Lru';

export const chunkLines = 1000;
const keptChunks = 64;
/** A growing tail is fetched at most this often. */
const tailInterval_ms = 250;

/** Fetches `limit` whole lines from `offset` on, as the server stores them. */
export type FetchLines = (offset: number, limit: number, signal: AbortSignal) => Promise<string>;

interface Chunk {
  lines: string[];
  /** Lines parsed so far; they carry the colour state on. */
  parsed: LogLine[];
}

/** The lines of one log: 1,000-line chunks, fetched when looked at, forgotten by LRU. */
export class LogSource implements LogLines {
  private readonly chunks = new Lru<number, Chunk>(keptChunks);
  private readonly flights = new Map<number, AbortController>();
  /** Chunks that may not be asked for again before their timer ends. */
  private readonly pauses = new Map<number, ReturnType<typeof setTimeout>>();
  private readonly changes = signal(0);
  private readonly failureSignal = signal<string | null>(null);
  private total = 0;
  private wanted: { first: number; end: number } | null = null;
  private lastTop = 0;
  private isGoingUp = false;
  private isClosed = false;

  constructor(
    private readonly fetchLines: FetchLines,
    private readonly hasStreams: boolean,
  ) {}

  /** Goes up whenever lines arrive. */
  get version(): ReadonlySignal<number> {
    return this.changes;
  }

  get failure(): ReadonlySignal<string | null> {
    return this.failureSignal;
  }

  setTotal(total: number): void {
    if (total <= this.total) return;
    this.total = total;
    this.wantAgain();
  }

  /** Says which lines are on screen; fetches them and aborts what was scrolled past. */
  want(first: number, end: number): void {
    this.wanted = { first, end };
    const from = Math.floor(first / chunkLines);
    const to = Math.floor(Math.max(first, end - 1) / chunkLines);
    if (first !== this.lastTop) this.isGoingUp = first < this.lastTop;
    this.lastTop = first;
    const ahead = this.isGoingUp ? from - 1 : to + 1;
    for (const [index, abort] of this.flights) {
      const isNear = (index >= from && index <= to) || index === ahead;
      if (!isNear) abort.abort();
    }
    for (let index = from; index <= to; index += 1) this.fill(index);
    // Only whole chunks are worth fetching ahead: the tail will be fetched when it is seen.
    if (ahead >= 0 && (ahead + 1) * chunkLines <= this.total && !this.chunks.get(ahead)) {
      this.fill(ahead);
    }
  }

  line(index: number): LogLine | undefined {
    const chunk = this.chunks.get(Math.floor(index / chunkLines));
    return chunk && this.parse(chunk, index % chunkLines);
  }

  retry(): void {
    this.failureSignal.value = null;
    this.wantAgain();
  }

  close(): void {
    this.isClosed = true;
    for (const timer of this.pauses.values()) clearTimeout(timer);
    for (const abort of this.flights.values()) abort.abort();
  }

  private wantAgain(): void {
    if (this.wanted && !this.isClosed) this.want(this.wanted.first, this.wanted.end);
  }

  private fill(index: number): void {
    const start = index * chunkLines;
    const has = this.chunks.get(index)?.lines.length ?? 0;
    const should = Math.min(chunkLines, this.total - start);
    if (has >= should || this.flights.has(index) || this.pauses.has(index)) return;
    if (this.failureSignal.peek() !== null) return;
    if (has > 0) this.pause(index);
    void this.fetchInto(index, start + has, should - has);
  }

  private pause(index: number): void {
    if (this.pauses.has(index)) return;
    const timer = setTimeout(() => {
      this.pauses.delete(index);
      this.wantAgain();
    }, tailInterval_ms);
    this.pauses.set(index, timer);
  }

  private async fetchInto(index: number, offset: number, limit: number): Promise<void> {
    const abort = new AbortController();
    this.flights.set(index, abort);
    try {
      const text = await this.fetchLines(offset, limit, abort.signal);
      if (!abort.signal.aborted) this.append(index, offset, text);
    } catch (error) {
      this.failed(index, error);
    } finally {
      this.flights.delete(index);
    }
    // An aborted chunk may have come back on screen, and the log may have grown.
    this.wantAgain();
  }

  private append(index: number, offset: number, text: string): void {
    const chunk = this.chunks.get(index) ?? { lines: [], parsed: [] };
    if (index * chunkLines + chunk.lines.length !== offset) return;
    const lines = text.split('\n');
    if (lines[lines.length - 1] === '') lines.pop();
    if (lines.length === 0) this.pause(index);
    for (const line of lines) chunk.lines.push(line);
    this.chunks.set(index, chunk);
    this.changes.value += 1;
  }

  private failed(index: number, error: unknown): void {
    if (isAbort(error) || this.isClosed) return;
    // An event may announce lines shortly before the server can give them.
    if (error instanceof ApiError && error.isNotFound) this.pause(index);
    else this.failureSignal.value = messageOf(error);
  }

  private parse(chunk: Chunk, at: number): LogLine | undefined {
    for (let i = chunk.parsed.length; i <= at; i += 1) {
      const raw = chunk.lines[i];
      if (raw === undefined) return undefined;
      const start: SgrState = chunk.parsed[i - 1]?.end ?? plainStyle;
      chunk.parsed.push(this.parseLine(raw, start));
    }
    return chunk.parsed[at];
  }

  private parseLine(raw: string, start: SgrState): LogLine {
    if (!this.hasStreams) return { stream: 't', ...parseAnsiLine(raw, start) };
    const letter = raw.charAt(0);
    const stream: Stream = letter === 'e' || letter === 'h' ? letter : 'o';
    return { stream, ...parseAnsiLine(raw.slice(1), start) };
  }
}
