// SPDX-License-Identifier: MIT
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';
import {
  observeWindowOffset,
  observeWindowRect,
  Virtualizer,
  windowScroll,
  type VirtualItem,
} from '@tanstack/virtual-core';

/** The rows of a long list that are in the window, which is what scrolls. */
export function useWindowRows(
  list: RefObject<HTMLElement>,
  count: number,
  rowHeight: number,
): { items: VirtualItem[]; height: number; offset: number } {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const [virtualizer] = useState(
    () =>
      new Virtualizer<Window, HTMLElement>({
        count,
        getScrollElement: () => window,
        estimateSize: () => rowHeight,
        observeElementRect: observeWindowRect,
        observeElementOffset: observeWindowOffset,
        scrollToFn: windowScroll,
        initialOffset: () => window.scrollY,
      }),
  );
  const offset = list.current?.offsetTop ?? 0;
  virtualizer.setOptions({
    ...virtualizer.options,
    count,
    estimateSize: () => rowHeight,
    scrollMargin: offset,
    overscan: 8,
    onChange: () => redraw(0),
  });
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  return { items: virtualizer.getVirtualItems(), height: virtualizer.getTotalSize(), offset };
}
