"use client";
/** Keys go on scrolling a box when the element in it that had the focus is no longer drawn. */
import { type FocusEvent, type RefObject, useLayoutEffect, useRef } from "react";

export interface KeptFocus {
  onFocus: (event: FocusEvent) => void;
  onBlur: (event: FocusEvent) => void;
}

export function useKeptFocus(box: RefObject<HTMLElement | null> | undefined): KeptFocus {
  const focused = useRef<Element | null>(null);
  useLayoutEffect(() => {
    if (!focused.current || focused.current.isConnected) return;
    focused.current = null;
    if (document.activeElement === document.body) box?.current?.focus({ preventScroll: true });
  });
  return {
    onFocus: ({ target }) => {
      focused.current = target;
    },
    onBlur: ({ relatedTarget }) => {
      // Without another element it may have been taken away.
      if (relatedTarget !== null) focused.current = null;
    },
  };
}
