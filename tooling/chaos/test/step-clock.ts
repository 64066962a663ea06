/** A clock that stands until it is told to go on to the next timer. */
import type { Clock } from "@signalbox/client/clock";

export interface StepClock extends Clock {
  /** Lets time pass up to the next timer, and runs it. False when nothing waits. */
  tick(): boolean;
}

export function createStepClock(): StepClock {
  const waiting = new Set<{ due: number; run: () => void }>();
  let now = 0;
  return {
    now: () => now,
    after(ms, run) {
      const timer = { due: now + ms, run };
      waiting.add(timer);
      return () => waiting.delete(timer);
    },
    tick() {
      const [next] = [...waiting].toSorted((a, b) => a.due - b.due);
      if (!next) return false;
      waiting.delete(next);
      now = Math.max(now, next.due);
      next.run();
      return true;
    },
  };
}
