// SPDX-License-Identifier: MIT
import type { RefObject } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ScrollMap } from '../lib/ScrollMap';

export const rowHeight = 18;

export interface LogScroll {
  map: ScrollMap;
  /** Logical pixel at the top of the viewport. */
  top: number;
  /** Lines that came since the reader left the end. */
  unseen: number;
  isFollowing: boolean;
  toTop: () => void;
  toEnd: () => void;
}

interface Options {
  scroller: RefObject<HTMLDivElement>;
  total: number;
  startAtEnd: boolean;
  /** Line (from 0) to show first. */
  startLine: number | null;
}

/** Scroll position of a log: exact rows in any height, and staying at the end while it grows. */
export function useLogScroll({ scroller, total, startAtEnd, startLine }: Options): LogScroll {
  const [viewport, setViewport] = useState(0);
  const [top, setTop] = useState(0);
  const [isFollowing, setFollowing] = useState(startAtEnd);
  const [seen, setSeen] = useState(total);
  const map = useMemo(() => new ScrollMap(total, rowHeight, viewport), [total, viewport]);
  const current = useRef({ map, top, physical: 0 });
  current.current.map = map;

  const goTo = useCallback(
    (logical: number) => {
      const state = current.current;
      state.top = state.map.clamp(logical);
      state.physical = state.map.toPhysical(state.top);
      if (scroller.current) scroller.current.scrollTop = state.physical;
      setTop(state.top);
      setFollowing(state.map.isAtEnd(state.top));
    },
    [scroller],
  );

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setViewport(element.clientHeight));
    observer.observe(element);
    setViewport(element.clientHeight);
    return () => observer.disconnect();
  }, [scroller]);

  const startDone = useRef<number | null | undefined>(undefined);
  useLayoutEffect(() => {
    if (viewport === 0 || total === 0) return;
    if (startLine !== null && startDone.current !== startLine) {
      startDone.current = startLine;
      const y = startLine * rowHeight;
      const { top: shown } = current.current;
      const isVisible = y >= shown && y + rowHeight <= shown + viewport;
      if (!isVisible) goTo(y - viewport / 3);
    } else if (isFollowing) {
      goTo(map.maxLogical);
    }
  }, [map, viewport, total, startLine, isFollowing, goTo]);

  useEffect(() => {
    if (isFollowing) setSeen(total);
  }, [isFollowing, total]);

  useScrollEvents(scroller, current, goTo, (logical) => {
    current.current.top = logical;
    setTop(logical);
    setFollowing(current.current.map.isAtEnd(logical));
  });

  return {
    map,
    top,
    isFollowing,
    unseen: isFollowing ? 0 : Math.max(0, total - seen),
    toTop: () => goTo(0),
    toEnd: () => goTo(map.maxLogical),
  };
}

interface Position {
  map: ScrollMap;
  top: number;
  physical: number;
}

function useScrollEvents(
  scroller: RefObject<HTMLDivElement>,
  current: RefObject<Position>,
  goTo: (logical: number) => void,
  onMoved: (logical: number) => void,
): void {
  const moved = useRef(onMoved);
  moved.current = onMoved;
  useEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const position = (): Position => current.current as Position;
    const onScroll = () => {
      const { map, physical } = position();
      // Our own change comes back as an event; the scaled area would round it.
      if (Math.abs(element.scrollTop - physical) < 1.5) return;
      position().physical = element.scrollTop;
      moved.current(map.toLogical(element.scrollTop));
    };
    const onWheel = (event: WheelEvent) => {
      if (!position().map.isScaled || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      goTo(position().top + event.deltaY * (event.deltaMode === 1 ? rowHeight : 1));
    };
    const onKey = (event: KeyboardEvent) => {
      const { map, top } = position();
      const target = keyTarget(event.key, map, top);
      if (!map.isScaled || target === null) return;
      event.preventDefault();
      goTo(target);
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    element.addEventListener('wheel', onWheel, { passive: false });
    element.addEventListener('keydown', onKey);
    return () => {
      element.removeEventListener('scroll', onScroll);
      element.removeEventListener('wheel', onWheel);
      element.removeEventListener('keydown', onKey);
    };
  }, [scroller, current, goTo]);
}

function keyTarget(key: string, map: ScrollMap, top: number): number | null {
  const page = map.viewport - rowHeight;
  switch (key) {
    case 'ArrowDown':
      return top + rowHeight;
    case 'ArrowUp':
      return top - rowHeight;
    case 'PageDown':
      return top + page;
    case 'PageUp':
      return top - page;
    case 'Home':
      return 0;
    case 'End':
      return map.maxLogical;
    default:
      return null;
  }
}
