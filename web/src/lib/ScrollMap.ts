// SPDX-License-Identifier: MIT
/**
 * Browsers cap the height of an element (Firefox near 17.9e6 px), so a long log is shown in a
 * shorter scroll area: "physical" pixels are the scroll bar's, "logical" ones the rows'.
 */
export const maxPhysicalHeight = 8_000_000;

export class ScrollMap {
  readonly logicalHeight: number;
  readonly physicalHeight: number;

  constructor(
    readonly rows: number,
    readonly rowHeight: number,
    readonly viewport: number,
    cap: number = maxPhysicalHeight,
  ) {
    this.logicalHeight = rows * rowHeight;
    this.physicalHeight = Math.min(this.logicalHeight, Math.max(cap, viewport * 2));
  }

  get isScaled(): boolean {
    return this.physicalHeight < this.logicalHeight;
  }

  get maxLogical(): number {
    return Math.max(0, this.logicalHeight - this.viewport);
  }

  get maxPhysical(): number {
    return Math.max(0, this.physicalHeight - this.viewport);
  }

  clamp(logical: number): number {
    return Math.min(Math.max(0, logical), this.maxLogical);
  }

  toLogical(physical: number): number {
    if (!this.isScaled) return this.clamp(physical);
    return this.clamp((physical / this.maxPhysical) * this.maxLogical);
  }

  toPhysical(logical: number): number {
    const clamped = this.clamp(logical);
    return this.isScaled ? (clamped / this.maxLogical) * this.maxPhysical : clamped;
  }

  /** Rows `[first, end)` to render when the viewport's top is at `logical`. */
  window(logical: number, overscan: number): { first: number; end: number } {
    const top = this.clamp(logical);
    const first = Math.floor(top / this.rowHeight) - overscan;
    const end = Math.ceil((top + this.viewport) / this.rowHeight) + overscan;
    return { first: Math.max(0, first), end: Math.min(this.rows, end) };
  }

  isAtEnd(logical: number): boolean {
    return logical >= this.maxLogical - this.rowHeight;
  }
}
