import type { Clock } from "@signalbox/client/clock";

/** A clock that stands still until it is moved; timers run in order of their time, promises settle in between. */
export interface VirtualClock extends Clock {
  advance(ms: number): Promise<void>;
}

export function createVirtualClock(): VirtualClock {
  let now = 1_000_000;
  let order = 0;
  const timers = new Map<number, { at: number; run: () => void }>();
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
      await flush();
      for (;;) {
        const next = [...timers]
          .filter(([, { at }]) => at <= end)
          .toSorted((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
        if (!next) break;
        timers.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].run();
        await flush();
      }
      now = end;
    },
  };
}

/** Twice, since the cache tells its observers one macrotask late. */
async function flush(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
