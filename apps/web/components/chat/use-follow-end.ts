"use client";
/** A view that follows its growing end until its reader scrolls away, and follows again when they come back to it. */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** So near to the end still counts as at it: a line of text. */
const NEAR_PX = 32;

export interface FollowEnd {
  /** The element that scrolls. */
  box: RefObject<HTMLDivElement | null>;
  /** The element in it that grows. */
  content: RefObject<HTMLDivElement | null>;
  isAtEnd: boolean;
  jumpToEnd: () => void;
}

/** `resetKey`: another one is another text, which is shown from its end. */
export function useFollowEnd(resetKey: string): FollowEnd {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const shownKey = useRef<string | null>(null);
  const [isAtEnd, setIsAtEnd] = useState(true);

  const toEnd = useCallback(() => {
    const element = box.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, []);

  useLayoutEffect(() => {
    if (shownKey.current === resetKey) return;
    shownKey.current = resetKey;
    follows.current = true;
    toEnd();
  }, [resetKey, toEnd]);

  useEffect(() => {
    const element = box.current;
    const grown = content.current;
    if (!element || !grown) return;
    let height = element.scrollHeight;
    const onScroll = () => {
      // Growth moves the end away from a reader who did nothing: only a scroll without growth is theirs.
      const hasGrown = element.scrollHeight !== height;
      height = element.scrollHeight;
      const isNear = element.scrollHeight - element.scrollTop - element.clientHeight <= NEAR_PX;
      if (hasGrown && follows.current) return;
      follows.current = isNear;
      setIsAtEnd(isNear);
    };
    const observer = new ResizeObserver(() => {
      if (follows.current) toEnd();
      height = element.scrollHeight;
    });
    observer.observe(grown);
    observer.observe(element);
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", onScroll);
    };
  }, [toEnd]);

  const jumpToEnd = useCallback(() => {
    follows.current = true;
    setIsAtEnd(true);
    toEnd();
  }, [toEnd]);

  return { box, content, isAtEnd, jumpToEnd };
}
