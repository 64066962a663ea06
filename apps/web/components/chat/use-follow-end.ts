"use client";
/**
 * A view that follows its growing end until its reader scrolls away, and follows again when they come back to it. Who
 * reads further up stays at what they read, whatever changes its height above it.
 */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** So near to the end still counts as at it: a line of text. */
const NEAR_PX = 32;

/** The class of elements that a reader can be at: in document order one below the other, none within another. */
export const PLACE = "scroll-place";

export interface FollowEnd {
  /** The element that scrolls. */
  box: RefObject<HTMLDivElement | null>;
  /** The element in it that grows. */
  content: RefObject<HTMLDivElement | null>;
  isAtEnd: boolean;
  jumpToEnd: () => void;
  /**
   * Goes to the end, or back to what is read, after the content was laid out anew. A change of the content's height does so by
   * itself; what exchanges elements above the reader calls it before they are painted.
   */
  settle: () => void;
}

interface Place {
  element: Element;
  /** From the box's top edge to the element's. */
  top: number;
}

/** `resetKey`: another one is another text, which is shown from its end. */
export function useFollowEnd(resetKey: string): FollowEnd {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  /** What is read, while the end is not followed. */
  const place = useRef<Place | null>(null);
  /** Where the box stands as far as was noticed. A scroll to there is not the reader's. */
  const stand = useRef(0);
  const shownKey = useRef<string | null>(null);
  const [isAtEnd, setIsAtEnd] = useState(true);

  /** Learns of a scroll that is the reader's. Up is away from the end, however slowly. */
  const notice = useCallback(() => {
    const [element, inner] = [box.current, content.current];
    if (!element || !inner) return;
    const moved = element.scrollTop - stand.current;
    stand.current = element.scrollTop;
    if (Math.abs(moved) < 1) return;
    follows.current = distanceToEnd(element) <= (moved < 0 ? 1 : NEAR_PX);
    place.current = follows.current ? null : placeAt(element, inner);
    setIsAtEnd(distanceToEnd(element) <= NEAR_PX);
  }, []);

  const stay = useCallback(() => {
    const [element, inner] = [box.current, content.current];
    if (!element || !inner) return;
    if (follows.current) element.scrollTop = element.scrollHeight;
    else if (place.current?.element.isConnected) {
      const moved = topIn(element, place.current.element) - place.current.top;
      if (Math.abs(moved) >= 1) element.scrollTop += moved;
    } else place.current = placeAt(element, inner);
    stand.current = element.scrollTop;
    setIsAtEnd(follows.current || distanceToEnd(element) <= NEAR_PX);
  }, []);

  const settle = useCallback(() => {
    notice();
    stay();
  }, [notice, stay]);

  const jumpToEnd = useCallback(() => {
    follows.current = true;
    stay();
  }, [stay]);

  useLayoutEffect(() => {
    if (shownKey.current === resetKey) return;
    shownKey.current = resetKey;
    jumpToEnd();
  }, [resetKey, jumpToEnd]);

  useEffect(() => {
    const element = box.current;
    const grown = content.current;
    if (!element || !grown) return;
    const onKey = (event: KeyboardEvent) => {
      if (!isPlainKey(event, element)) return;
      if (event.key === "End") jumpToEnd();
      else if (event.key === "Home") element.scrollTop = 0;
      else return;
      event.preventDefault();
    };
    const observer = new ResizeObserver(settle);
    observer.observe(grown);
    observer.observe(element);
    element.addEventListener("keydown", onKey);
    // Before anybody exchanges what is drawn: what is read is known by then.
    element.addEventListener("scroll", notice, { passive: true, capture: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("keydown", onKey);
      element.removeEventListener("scroll", notice, { capture: true });
    };
  }, [jumpToEnd, notice, settle]);

  return { box, content, isAtEnd, jumpToEnd, settle };
}

/** No shortcut, and for the box: not for a field or another box in it. The browser would scroll to where the end was at the press. */
function isPlainKey({ target, altKey, ctrlKey, metaKey, shiftKey }: KeyboardEvent, box: Element): boolean {
  const isForBox = target instanceof Element && target.closest("[tabindex], input, textarea") === box;
  return isForBox && !altKey && !ctrlKey && !metaKey && !shiftKey;
}

function distanceToEnd({ scrollHeight, scrollTop, clientHeight }: Element): number {
  return scrollHeight - scrollTop - clientHeight;
}

function topIn(box: Element, element: Element): number {
  return element.getBoundingClientRect().top - box.getBoundingClientRect().top;
}

/** The first place that reaches below the box's top edge, if it is on the screen. */
function placeAt(box: Element, content: Element): Place | null {
  const places = content.getElementsByClassName(PLACE);
  const edge = box.getBoundingClientRect().top;
  let first = 0;
  let end = places.length;
  while (first < end) {
    const middle = (first + end) >> 1;
    if ((places[middle]?.getBoundingClientRect().bottom ?? 0) > edge + 1) end = middle;
    else first = middle + 1;
  }
  const element = places[first];
  if (!element) return null;
  const top = topIn(box, element);
  return top < box.clientHeight ? { element, top } : null;
}
