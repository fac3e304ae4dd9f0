// SPDX-License-Identifier: MIT
import { useEffect, useRef } from 'preact/hooks';
import { plural } from '../lib/format';
import type { LogLines } from '../lib/LogLines';
import type { LineRange } from '../lib/routes';
import { Icon } from './Icon';
import { LogRow } from './LogRow';
import { Failure } from './Notice';
import { rowHeight, useLogScroll } from './useLogScroll';

const overscan = 12;

interface Props {
  lines: LogLines;
  total: number;
  isComplete: boolean;
  startAtEnd: boolean;
  /** Name of the region for screen readers. */
  label: string;
  /** Address of a line, counted from 1. */
  lineHref: (line: number) => string;
  marked: LineRange | null;
  /** Height in rows at most; null fills the space there is. */
  maxRows: number | null;
}

/** A log of any length: only the rows on screen are in the document. */
export function LogView(props: Props) {
  const { lines, total, marked, maxRows } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const scroll = useLogScroll({
    scroller,
    total,
    startAtEnd: props.startAtEnd && marked === null,
    startLine: marked === null ? null : marked.first - 1,
  });
  const { map, top } = scroll;
  const { first, end } = map.window(top, overscan);
  useEffect(() => {
    if (map.viewport > 0 && end > first) lines.want(first, end);
  }, [lines, map, first, end]);
  void lines.version.value;

  // In a scaled area rows keep their logical distance from the viewport's top.
  const shift = map.isScaled ? map.toPhysical(top) - top : 0;
  const rows = [];
  for (let index = first; index < end; index += 1) {
    const number = index + 1;
    rows.push(
      <LogRow
        key={index}
        number={number}
        line={lines.line(index)}
        top={index * rowHeight + shift}
        href={props.lineHref(number)}
        isMarked={marked !== null && number >= marked.first && number <= marked.last}
      />,
    );
  }

  const height =
    maxRows === null ? {} : { height: `${Math.min(total, maxRows) * rowHeight + 14}px` };
  return (
    <div class={`log ${maxRows === null ? 'is-full' : ''}`}>
      {lines.failure.value !== null && (
        <Failure what="the log" message={lines.failure.value} onRetry={() => lines.retry()} />
      )}
      <div
        class="log-scroller bb-log-preview-contents"
        ref={scroller}
        style={height}
        role="region"
        aria-label={props.label}
        tabIndex={0}
      >
        <div class="log-rows" style={{ height: `${map.physicalHeight}px` }}>
          {rows}
        </div>
      </div>
      <LogButtons scroll={scroll} isComplete={props.isComplete} />
    </div>
  );
}

interface ButtonsProps {
  scroll: ReturnType<typeof useLogScroll>;
  isComplete: boolean;
}

function LogButtons({ scroll, isComplete }: ButtonsProps) {
  if (scroll.map.maxLogical === 0) return null;
  return (
    <div class="log-buttons">
      {scroll.unseen > 0 && (
        <button type="button" class="log-pill" onClick={scroll.toEnd}>
          <Icon name="down" /> {plural(scroll.unseen, 'new line')}
        </button>
      )}
      {!isComplete && scroll.isFollowing && <span class="log-following">following</span>}
      <button type="button" class="log-jump" aria-label="First line" onClick={scroll.toTop}>
        <Icon name="up" />
      </button>
      <button type="button" class="log-jump" aria-label="Last line" onClick={scroll.toEnd}>
        <Icon name="down" />
      </button>
    </div>
  );
}
