"use client";
/**
 * Which rows of a turn are drawn. All of a short one; of a long one those near the screen, with room above and below for
 * the others. The server, which knows no screen, draws the newest of a long one. Where the address asks for it, all of it is drawn.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, use, useCallback, useLayoutEffect, useState, useSyncExternalStore } from "react";
import { ScrollBox } from "./scroll-box.ts";
import { estimateRow, keyOfRow, type TurnRows } from "./turn-rows.ts";

/** Rows of a turn that is drawn whole. */
const ROWS_DRAWN_WHOLE = 100;
/** Rows beyond the screen on each side: as many as may come in a frame, or pass by in one. */
const OVERSCAN = 16;
/** A turn that may become a long one is measured before it is. */
const ROWS_MEASURED = ROWS_DRAWN_WHOLE / 2;

export interface RowWindow {
  /** The rows that are drawn, ascending. */
  shown: readonly number[];
  /** Some are left out. */
  isCut: boolean;
  /** The height of what is not drawn, in pixels. */
  above: number;
  below: number;
  /** For the element of each row, which bears its row as `data-index`. */
  measure: (element: HTMLElement | null) => void;
}

export function useRowWindow(
  rows: TurnRows,
  { turnId, list }: { turnId: string; list: RefObject<HTMLElement | null> },
): RowWindow {
  const scroll = use(ScrollBox);
  const isInBrowser = useSyncExternalStore(never, inBrowser, onServer);
  const count = rows.partOf.length;
  const isWhole = scroll?.wholeTurnId === turnId;
  const isWatched = scroll !== null && isInBrowser && count > ROWS_MEASURED && !isWhole;
  const isWindow = isWatched && count > ROWS_DRAWN_WHOLE;
  const margin = useTopInContent(list, isWatched);
  // oxlint-disable-next-line react/incompatible-library -- only its measuring is handed on: one function for good
  const virtualizer = useVirtualizer<HTMLDivElement, HTMLElement>({
    count,
    enabled: isWatched,
    getScrollElement: () => scroll?.box.current ?? null,
    initialOffset: () => scroll?.box.current?.scrollTop ?? 0,
    scrollMargin: margin,
    overscan: OVERSCAN,
    getItemKey: useCallback((row: number) => keyOfRow(rows, row), [rows]),
    estimateSize: (row) => estimateRow(rows, row),
    measureElement: (element) => element.getBoundingClientRect().height,
  });
  // The box itself keeps its reader in place, over all that can change above them.
  virtualizer.shouldAdjustScrollPositionOnItemSizeChange = () => false;

  useLayoutEffect(() => {
    if (isWindow) scroll?.settle();
  });

  if (!isWindow) {
    const isCut = scroll !== null && !isInBrowser && count > ROWS_DRAWN_WHOLE && !isWhole;
    const shown = [...rows.partOf.keys()].slice(isCut ? -ROWS_DRAWN_WHOLE : 0);
    return { shown, isCut, above: 0, below: 0, measure: virtualizer.measureElement };
  }
  const items = virtualizer.getVirtualItems();
  const [first, last] = [items[0], items.at(-1)];
  const total = virtualizer.getTotalSize();
  return {
    shown: items.map(({ index }) => index),
    isCut: true,
    above: first ? first.start - margin : total,
    below: last ? total - (last.end - margin) : 0,
    measure: virtualizer.measureElement,
  };
}

/** How far below the content's top the list begins, in pixels: more stands above it, and may change its height. */
function useTopInContent(list: RefObject<HTMLElement | null>, isWatched: boolean): number {
  const content = use(ScrollBox)?.content;
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const outer = content?.current;
    if (!isWatched || !outer) return;
    // It tells the first size, too.
    const observer = new ResizeObserver(() => {
      const inner = list.current;
      if (inner) setTop(Math.round(inner.getBoundingClientRect().top - outer.getBoundingClientRect().top));
    });
    observer.observe(outer);
    return () => observer.disconnect();
  }, [content, isWatched, list]);
  return top;
}

const never = () => () => undefined;
const inBrowser = () => true;
const onServer = () => false;
