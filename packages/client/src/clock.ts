/** Time as the client's parts see it: the real one in the product, a virtual one in tests. */

/** Undoes what was started. Calling it twice does nothing more. */
export type Stop = () => void;

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls `run` once after `ms`, unless stopped before. */
  after(ms: number, run: () => void): Stop;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
