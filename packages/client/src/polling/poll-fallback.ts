import { SILENCE_BEFORE_RECONNECT_MS } from "@signalbox/catalog/timing";
import type { Clock, Stop } from "../clock.ts";
import {
  idleConnection,
  nextConnectionState,
  type ConnectionEvent,
  type ConnectionState,
} from "../signals/connection-state.ts";
import { verdictOf } from "../streams/stream-refused.ts";
import { startPollLoop, type PollVerdict } from "./poll-loop.ts";

/**
 * Drives a connection's state: its silence timer, and polling for as long as that is its state. The stream's holder
 * tells what happens to the stream; what the polls find is told like a stream's fate, through `onState`.
 */
export interface PollFallbackOptions {
  everyMs: number;
  /** One request; null where nothing can be polled: then the connection is retried and nothing else. */
  ask: ((signal: AbortSignal) => Promise<PollVerdict>) | null;
  /** False for streams that may be quiet while they are up. */
  isSilenceDeath: boolean;
  /** The state is another one, or another of its fields but `heardAt`. */
  onState(state: ConnectionState): void;
  clock: Clock;
  random: () => number;
}

export interface PollFallback {
  apply(event: ConnectionEvent): void;
  state(): ConnectionState;
}

export function createPollFallback(options: PollFallbackOptions): PollFallback {
  const { ask, clock, onState } = options;
  let state = idleConnection(clock.now());
  let stopPolling: Stop | null = null;
  let cancelSilence: Stop = () => undefined;

  const apply = (event: ConnectionEvent) => {
    const before = state;
    state = nextConnectionState(state, ask ? event : withoutPolling(event), clock.now());
    if (state === before) return;
    armSilence();
    if (state.name !== "polling") {
      stopPolling?.();
      stopPolling = null;
    } else stopPolling ??= startPolling();
    if (isShownAlike(before, state)) return;
    onState(state);
  };

  const startPolling = (): Stop => {
    return startPollLoop({
      everyMs: options.everyMs,
      async ask(signal) {
        const verdict = (await ask?.(signal)) ?? "done";
        if (!signal.aborted) apply({ type: "poll-answered" });
        return verdict;
      },
      onFailure(error) {
        const verdict = verdictOf(error);
        apply({ type: verdict === "retry" ? "poll-failed" : verdict });
      },
      clock,
      random: options.random,
    });
  };

  const armSilence = () => {
    cancelSilence();
    const { name } = state;
    const canDie = name === "connecting" || name === "backoff" || (name === "live" && options.isSilenceDeath);
    if (!canDie) return;
    const wait = Math.max(0, state.heardAt + SILENCE_BEFORE_RECONNECT_MS - clock.now());
    cancelSilence = clock.after(wait, () => apply({ type: "silence" }));
  };

  return { apply, state: () => state };
}

/** Without polling there is one answer to a lost stream: it is down, and tried again. */
function withoutPolling(event: ConnectionEvent): ConnectionEvent {
  return ["dropped", "refused", "silence", "evicted", "crowded"].includes(event.type)
    ? { type: "dropped", failures: 0 }
    : event;
}

function isShownAlike(a: ConnectionState, b: ConnectionState): boolean {
  return JSON.stringify({ ...a, heardAt: 0 }) === JSON.stringify({ ...b, heardAt: 0 });
}
