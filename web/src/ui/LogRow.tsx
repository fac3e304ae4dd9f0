// SPDX-License-Identifier: MIT
import { cssColor, isPlain, type SgrState, type Span } from '../lib/ansi';
import type { LogLine } from '../lib/LogLines';

/** Longer lines would freeze the layout of the whole page. */
const shownCharacters = 5_000;

function styleOf(style: SgrState): Record<string, string> {
  const css: Record<string, string> = {};
  const fg = style.fg === null ? null : cssColor(style.fg);
  const bg = style.bg === null ? null : cssColor(style.bg);
  if (style.inverse) {
    css.background = fg ?? 'var(--log-text)';
    css.color = bg ?? 'var(--log-bg)';
  } else {
    if (fg !== null) css.color = fg;
    // A tint keeps every text colour readable on every background colour.
    if (bg !== null) css.background = `color-mix(in srgb, ${bg} 28%, transparent)`;
  }
  if (style.bold) css['font-weight'] = '650';
  if (style.dim) css.opacity = '0.8';
  if (style.italic) css['font-style'] = 'italic';
  if (style.hidden) css.visibility = 'hidden';
  const lines = [style.underline ? 'underline' : '', style.strike ? 'line-through' : ''];
  if (style.underline || style.strike) css['text-decoration'] = lines.join(' ');
  return css;
}

function LogSpan({ span, text }: { span: Span; text: string }) {
  if (span.href !== null) {
    return (
      <a href={span.href} style={styleOf(span.style)} rel="noopener noreferrer" target="_blank">
        {text}
      </a>
    );
  }
  return isPlain(span.style) ? <>{text}</> : <span style={styleOf(span.style)}>{text}</span>;
}

function LogText({ line }: { line: LogLine }) {
  let room = shownCharacters;
  const total = line.spans.reduce((sum, span) => sum + span.text.length, 0);
  return (
    <span class="log-text">
      {line.spans.map((span, index) => {
        const text = span.text.slice(0, Math.max(0, room));
        room -= span.text.length;
        return text === '' ? null : <LogSpan key={index} span={span} text={text} />;
      })}
      {room < 0 && <span class="muted"> … {total - shownCharacters} more characters</span>}
    </span>
  );
}

interface Props {
  /** Counted from 1. */
  number: number;
  line: LogLine | undefined;
  top: number;
  href: string;
  isMarked: boolean;
}

export function LogRow({ number, line, top, href, isMarked }: Props) {
  const stream = line ? `stream-${line.stream}` : 'is-loading';
  return (
    <div
      class={`log-row bb-logviewer-text-row ${stream} ${isMarked ? 'is-marked' : ''}`}
      style={{ top: `${top}px` }}
    >
      <a class="log-number" href={href} tabIndex={-1}>
        {number}
      </a>
      {line && <LogText line={line} />}
    </div>
  );
}
