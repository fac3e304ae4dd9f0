// SPDX-License-Identifier: MIT
import { signal, type ReadonlySignal, type Signal } from '@preact/signals';

interface Entry<T> {
  row: Signal<T>;
  /** Number of the last event about this row; 0 when only snapshots told of it. */
  eventSeq: number;
}

export interface TableRules<T> {
  id(row: T): number;
  /** Changes when the row may enter or leave a list, not for each new text. */
  listKey(row: T): string;
  /** How far the row has come; a row never goes back. */
  progress(row: T): number;
  /** What `next` leaves out of `old`, because events carry less than answers. */
  merge(old: T, next: T): T;
  /** May be forgotten when there are more than `limit` rows; what still runs may not. */
  isOver(row: T): boolean;
  limit: number;
}

/** All known rows of one kind, each a signal of its own. */
export class Table<T extends object> {
  private readonly entries = new Map<number, Entry<T>>();
  private readonly lists = signal(0);

  constructor(private readonly rules: TableRules<T>) {}

  get size(): number {
    return this.entries.size;
  }

  /** The row's signal; reading it also tracks that the row may appear later. */
  find(id: number): ReadonlySignal<T> | undefined {
    const entry = this.entries.get(id);
    if (!entry) void this.lists.value;
    return entry?.row;
  }

  /** Rows that match; re-evaluated when rows appear, vanish or change their list key. */
  select(matches: (row: T) => boolean): ReadonlySignal<T>[] {
    void this.lists.value;
    const found: ReadonlySignal<T>[] = [];
    for (const entry of this.entries.values()) if (matches(entry.row.peek())) found.push(entry.row);
    return found;
  }

  /** Takes over what an event says; `seq` numbers events in order of arrival. */
  applyEvent(row: T, seq: number): void {
    this.put(row, seq);
    this.trim();
  }

  /**
   * Takes over an answer whose request was sent when `since` events had arrived. Rows that had
   * an event after that keep the event's state. Rows that `covers` claims for this answer but
   * that are missing from it no longer belong and are forgotten.
   */
  applySnapshot(rows: readonly T[], since: number, covers: (row: T) => boolean): void {
    const seen = new Set<number>();
    for (const row of rows) {
      seen.add(this.rules.id(row));
      this.putSnapshot(row, since);
    }
    for (const [id, entry] of this.entries) {
      if (seen.has(id) || entry.eventSeq > since || !covers(entry.row.peek())) continue;
      this.entries.delete(id);
      this.lists.value += 1;
    }
    this.trim();
  }

  private putSnapshot(row: T, since: number): void {
    const entry = this.entries.get(this.rules.id(row));
    if (entry && entry.eventSeq > since)
      this.replace(entry, this.rules.merge(row, entry.row.peek()));
    else this.put(row, entry?.eventSeq ?? 0);
  }

  private put(row: T, eventSeq: number): void {
    const id = this.rules.id(row);
    const entry = this.entries.get(id);
    if (!entry) {
      this.entries.set(id, { row: signal(row), eventSeq });
      this.lists.value += 1;
      return;
    }
    entry.eventSeq = eventSeq;
    const old = entry.row.peek();
    const isStale = this.rules.progress(row) < this.rules.progress(old);
    this.replace(entry, isStale ? this.rules.merge(row, old) : this.rules.merge(old, row));
  }

  private replace(entry: Entry<T>, row: T): void {
    const isListed = this.rules.listKey(entry.row.peek()) === this.rules.listKey(row);
    entry.row.value = row;
    if (!isListed) this.lists.value += 1;
  }

  /** Pages stay open for weeks: the longest known rows go first. */
  private trim(): void {
    if (this.entries.size <= this.rules.limit) return;
    for (const [id, entry] of this.entries) {
      if (this.entries.size <= this.rules.limit * 0.8) break;
      if (this.rules.isOver(entry.row.peek())) this.entries.delete(id);
    }
    this.lists.value += 1;
  }
}
