"use client";
/**
 * The page's clock. Its first render says what the server said, so nothing differs at hydration; from then on it ticks.
 * It ticks only while somebody reads it.
 */
import { createContext, type ReactNode, useCallback, useContext, useState, useSyncExternalStore } from "react";

interface Clock {
  renderedAt: number;
  subscribe: (listener: () => void) => () => void;
  now: () => number;
}

const TICK_MS = 1_000;
const ClockContext = createContext<Clock | null>(null);

export function ClockProvider({ renderedAt, children }: { renderedAt: number; children: ReactNode }) {
  const [clock] = useState(() => createClock(renderedAt));
  return <ClockContext value={clock}>{children}</ClockContext>;
}

/** Epoch milliseconds, rounded down to `everyMs`: a reader is rendered again only when that changes. */
export function useNow(everyMs: number): number {
  const clock = useContext(ClockContext);
  if (!clock) throw new Error("useNow needs a ClockProvider above it");
  const round = (at: number) => Math.floor(at / everyMs) * everyMs;
  return useSyncExternalStore(
    clock.subscribe,
    () => round(clock.now()),
    () => round(clock.renderedAt),
  );
}

/** False on the server and in the first render of the browser, true ever after. */
export function useHydrated(): boolean {
  const subscribe = useCallback(() => () => undefined, []);
  return useSyncExternalStore(
    subscribe,
    () => true,
    () => false,
  );
}

function createClock(renderedAt: number): Clock {
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let now = renderedAt;
  const tick = () => {
    now = Date.now();
    for (const listener of listeners) listener();
  };
  return {
    renderedAt,
    // Between ticks the answer must not move, or a render would never settle.
    now: () => now,
    subscribe: (listener) => {
      listeners.add(listener);
      if (timer === undefined) {
        now = Date.now();
        timer = setInterval(tick, TICK_MS);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}
