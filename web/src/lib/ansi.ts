// SPDX-License-Identifier: MIT
/** Turns terminal escape sequences of build logs into styled spans. */

/** A palette index (0-255) or a true colour as `#rrggbb`. */
export type Color = number | string;

export interface SgrState {
  fg: Color | null;
  bg: Color | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  inverse: boolean;
  hidden: boolean;
  strike: boolean;
}

export interface Span {
  text: string;
  style: SgrState;
  /** Target of an OSC 8 hyperlink; only http and https are passed on. */
  href: string | null;
}

export interface ParsedLine {
  spans: Span[];
  /** Style in force at the start of the next line. */
  end: SgrState;
}

export const plainStyle: Readonly<SgrState> = Object.freeze({
  fg: null,
  bg: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
  hidden: false,
  strike: false,
});

const ESC = '\u001b';
// One escape sequence: CSI, OSC (ended by BEL or ST), a charset choice, or a two-byte escape.
const sequence =
  /\u001b(?:\[([0-9:;<=>?]*)[ -/]*([@-~])|\]([^\u0007\u001b]*)(?:\u0007|\u001b\\|$)|[()*+][ -~]|[ -~]?)/g;
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** Parses one line (without its line end), starting in `start`. */
export function parseAnsiLine(line: string, start: SgrState): ParsedLine {
  const pen = new Pen(start);
  if (!line.includes(ESC)) {
    pen.write(line);
    return pen.finish();
  }
  sequence.lastIndex = 0;
  let from = 0;
  for (let match = sequence.exec(line); match; match = sequence.exec(line)) {
    pen.write(line.slice(from, match.index));
    from = sequence.lastIndex;
    const [, params, final, osc] = match;
    if (final === 'm') pen.style = applySgr(pen.style, params ?? '');
    else if (final === 'K' && params === '2') pen.clear();
    else if (osc !== undefined) pen.href = hyperlink(osc, pen.href);
  }
  pen.write(line.slice(from));
  return pen.finish();
}

/** Collects spans; a carriage return followed by text overwrites what the line had. */
class Pen {
  style: SgrState;
  href: string | null = null;
  private spans: Span[] = [];
  private returned = false;

  constructor(start: SgrState) {
    this.style = start;
  }

  write(text: string): void {
    const parts = text.split('\r');
    parts.forEach((part, index) => {
      if (index > 0) this.returned = true;
      this.put(part);
    });
  }

  clear(): void {
    this.spans = [];
    this.returned = false;
  }

  finish(): ParsedLine {
    return { spans: this.spans, end: this.style };
  }

  private put(part: string): void {
    const clean = part.replace(controls, '');
    if (clean === '') return;
    if (this.returned) this.clear();
    const last = this.spans[this.spans.length - 1];
    if (last && last.style === this.style && last.href === this.href) last.text += clean;
    else this.spans.push({ text: clean, style: this.style, href: this.href });
  }
}

function hyperlink(osc: string, current: string | null): string | null {
  const match = /^8;[^;]*;(.*)$/.exec(osc);
  if (!match) return current;
  const target = match[1] ?? '';
  return /^https?:\/\//i.test(target) ? target : null;
}

/** Applies one SGR sequence; returns `style` itself when nothing changes. */
export function applySgr(style: SgrState, params: string): SgrState {
  const codes = params.split(/[;:]/).map((text) => (text === '' ? 0 : Number(text)));
  const next = { ...style };
  for (let i = 0; i < codes.length; i += 1) {
    const code = codes[i] ?? 0;
    if (code === 38 || code === 48) {
      const [color, used] = extendedColor(codes, i + 1);
      if (color !== null) next[code === 38 ? 'fg' : 'bg'] = color;
      i += used;
    } else {
      applyCode(next, code);
    }
  }
  return sameStyle(next, style) ? style : next;
}

function sameStyle(a: SgrState, b: SgrState): boolean {
  return (Object.keys(a) as (keyof SgrState)[]).every((key) => a[key] === b[key]);
}

/** Reads `5;n` or `2;r;g;b` at `at`; also tells how many codes it took. */
function extendedColor(codes: number[], at: number): [Color | null, number] {
  const isByte = (value: number | undefined): value is number =>
    value !== undefined && value >= 0 && value <= 255;
  if (codes[at] === 5) {
    const index = codes[at + 1];
    return [isByte(index) ? index : null, 2];
  }
  if (codes[at] === 2) {
    const rgb = codes.slice(at + 1, at + 4);
    if (rgb.length < 3 || !rgb.every(isByte)) return [null, 4];
    return ['#' + rgb.map((value) => value.toString(16).padStart(2, '0')).join(''), 4];
  }
  return [null, 1];
}

const flagOn: Partial<Record<number, keyof SgrState>> = {
  1: 'bold',
  2: 'dim',
  3: 'italic',
  4: 'underline',
  7: 'inverse',
  8: 'hidden',
  9: 'strike',
  21: 'underline',
};
const flagOff: Partial<Record<number, keyof SgrState>> = {
  23: 'italic',
  24: 'underline',
  27: 'inverse',
  28: 'hidden',
  29: 'strike',
};

function applyCode(style: SgrState, code: number): void {
  const on = flagOn[code];
  const off = flagOff[code];
  if (code === 0) Object.assign(style, plainStyle);
  else if (on) Object.assign(style, { [on]: true });
  else if (off) Object.assign(style, { [off]: false });
  else if (code === 22) Object.assign(style, { bold: false, dim: false });
  else if (code >= 30 && code <= 37) style.fg = code - 30;
  else if (code >= 90 && code <= 97) style.fg = code - 90 + 8;
  else if (code >= 40 && code <= 47) style.bg = code - 40;
  else if (code >= 100 && code <= 107) style.bg = code - 100 + 8;
  else if (code === 39) style.fg = null;
  else if (code === 49) style.bg = null;
}

const cubeLevels = [0, 95, 135, 175, 215, 255];

/** CSS colour: the 16 base colours come from the theme, the others are fixed. */
export function cssColor(color: Color): string {
  if (typeof color === 'string') return color;
  if (color < 16) return `var(--ansi-${color})`;
  if (color >= 232) {
    const level = 8 + (color - 232) * 10;
    return `rgb(${level} ${level} ${level})`;
  }
  const cube = color - 16;
  const level = (index: number): number => cubeLevels[index % 6] ?? 0;
  return `rgb(${level(Math.floor(cube / 36))} ${level(Math.floor(cube / 6))} ${level(cube)})`;
}

/** True when the line can be shown as it is. */
export function isPlain(style: SgrState): boolean {
  return style === plainStyle || sameStyle(style, plainStyle);
}
