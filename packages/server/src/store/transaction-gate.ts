/**
 * How many transactions are under way at once, and how long the others wait for their turn. The driver's own queue has no
 * end and no patience: a pool that is used up would hold every request for ever.
 */
import { STORE_BUSY } from "./store-down.ts";

export class StoreBusyError extends Error {
  readonly code = STORE_BUSY;

  constructor(reason: string) {
    super(`The store is busy: ${reason}.`);
    this.name = "StoreBusyError";
  }
}

export interface GateOptions {
  /** Transactions under way at once. */
  size: number;
  /** How long a further one waits; then it is refused with a `StoreBusyError`. */
  waitMs: number;
  /** How many wait at once; one more is refused at once. */
  maxWaiting: number;
}

/** Runs what it is given, in the order in which it came. */
export type Gate = <T>(run: () => Promise<T>) => Promise<T>;

export function createGate({ size, waitMs, maxWaiting }: GateOptions): Gate {
  let free = size;
  /** In their order: a set forgets one that gave up without a look at the others. */
  const waiting = new Set<() => void>();

  function enter(): Promise<void> {
    if (free > 0) {
      free--;
      return Promise.resolve();
    }
    if (waiting.size >= maxWaiting) throw new StoreBusyError(`${maxWaiting} transactions wait already`);
    return new Promise((resolve, reject) => {
      const proceed = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(proceed);
        reject(new StoreBusyError(`no connection was free for ${waitMs} ms`));
      }, waitMs);
      waiting.add(proceed);
    });
  }

  function leave(): void {
    const [next] = waiting;
    if (!next) {
      free++;
      return;
    }
    waiting.delete(next);
    next();
  }

  return async (run) => {
    await enter();
    try {
      return await run();
    } finally {
      leave();
    }
  };
}
