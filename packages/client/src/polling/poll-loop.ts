import { READ_TIMEOUT_MS } from "@signalbox/catalog/timing";
import type { Clock, Stop } from "../clock.ts";
import { StreamRefused } from "../streams/stream-refused.ts";

/** What an answer asks for: the next one after the pause, at once because there is more, or none. */
export type PollVerdict = "later" | "more" | "done";

export interface PollLoopOptions {
  /** The pause between an answer and the next request. */
  everyMs: number;
  /** Makes one request and takes its answer in. The signal aborts on stop and after `READ_TIMEOUT_MS`. */
  ask(signal: AbortSignal): Promise<PollVerdict>;
  /** A request failed; the next one is made after the pause, or after the host's `Retry-After`. */
  onFailure(error: unknown): void;
  clock: Clock;
  /** In [0, 1); spreads the first request: what made one client poll made thousands. */
  random: () => number;
}

/** Asks again and again, one request at a time, until it is stopped or done. */
export function startPollLoop({ everyMs, ask, onFailure, clock, random }: PollLoopOptions): Stop {
  let isStopped = false;
  let asking: AbortController | null = null;
  let cancelWait: Stop = () => undefined;

  const wait = (ms: number) => {
    cancelWait = clock.after(ms, () => void askOnce());
  };
  const askOnce = async () => {
    const aborter = new AbortController();
    asking = aborter;
    const cancelTimeout = clock.after(READ_TIMEOUT_MS, () =>
      aborter.abort(new StreamRefused("Silence", { status: 0 })),
    );
    let pauseMs = everyMs;
    try {
      const verdict = await ask(aborter.signal);
      if (verdict === "done") isStopped = true;
      if (verdict === "more") pauseMs = 0;
    } catch (error) {
      if (error instanceof StreamRefused) pauseMs = Math.max(everyMs, error.retryAfterMs ?? 0);
      if (!isStopped) onFailure(error);
    } finally {
      cancelTimeout();
      asking = null;
    }
    if (!isStopped) wait(pauseMs);
  };
  wait(random() * everyMs);
  return () => {
    isStopped = true;
    cancelWait();
    asking?.abort();
  };
}
