import type { Clock } from "../src/clock.ts";

/** A clock that stands still until it is moved; timers run in order of their time, promises settle in between. */
export interface VirtualClock extends Clock {
  advance(ms: number): Promise<void>;
  /** Runs all timers that are due within `limitMs`; returns when none is left or the limit is reached. */
  settle(limitMs: number): Promise<void>;
}

interface VirtualClockOptions {
  /** How many are waited for after each timer: a query cache tells its observers one late, so 2 with one of those. */
  macrotasks?: number;
}

export function createVirtualClock({ macrotasks = 1 }: VirtualClockOptions = {}): VirtualClock {
  let now = 1_000_000;
  let order = 0;
  const timers = new Map<number, { at: number; run: () => void }>();

  const runUntil = async (end: number) => {
    await flush(macrotasks);
    for (;;) {
      const next = [...timers]
        .filter(([, timer]) => timer.at <= end)
        .toSorted((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
      if (!next) return;
      timers.delete(next[0]);
      now = Math.max(now, next[1].at);
      next[1].run();
      await flush(macrotasks);
    }
  };
  return {
    now: () => now,
    after(ms, run) {
      order += 1;
      const id = order;
      timers.set(id, { at: now + Math.max(0, ms), run });
      return () => timers.delete(id);
    },
    async advance(ms) {
      const end = now + ms;
      await runUntil(end);
      now = end;
    },
    settle: (limitMs) => runUntil(now + limitMs),
  };
}

/** Lets everything that waits for nothing but promises go on. */
export async function flush(macrotasks = 1): Promise<void> {
  for (let turn = 0; turn < macrotasks; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
