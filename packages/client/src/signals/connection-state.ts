import { BACKOFF_TRIES } from "@signalbox/catalog/timing";

/**
 * The state of a connection that is streamed while it can be and polled while it can't. Pure: others own sockets and timers.
 *
 *   idle ─start─▶ connecting ──heard──▶ live ──dropped──▶ backoff
 *                     │                  ▲ ◀────heard────────┤
 *                     │                  └───heard──┐        │ refused (429, 503), silence (40 s), 8 failures
 *                     └─▶ backoff, polling          polling ◀┘ evicted, crowded: from anywhere
 *
 *   needs-auth, stopped: final, from anywhere
 *
 * Times are epoch milliseconds. `heardAt` is when what is on the screen was last known to be current.
 */
export type ConnectionState = { since: number; heardAt: number } & (
  | { name: "idle" | "connecting" | "live" | "needs-auth" }
  /** `network`: the machine has none. */
  | { name: "backoff"; cause: "dropped" | "network" }
  /** `answers`: none yet, the last one came, or the last one failed: then what is shown is as old as `heardAt`. */
  | { name: "polling"; cause: PollingCause; answers: "none" | "current" | "failing" }
  /** `gone`: the workspace may no longer be read, or is no more. `closed`: by this side. */
  | { name: "stopped"; reason: "gone" | "closed" }
);

/**
 * Why there is no stream: the host refused it for now, nothing was heard for too long, it could not be opened too often,
 * a newer one took its place, or this browser holds as many as it may.
 */
export type PollingCause = "refused" | "silence" | "failures" | "evicted" | "crowded";

export type ConnectionEvent =
  | { type: "start" }
  | { type: "heard" }
  /** `failures`: attempts that failed since the last healthy connection. */
  | { type: "dropped"; failures: number }
  | { type: "refused" }
  | { type: "silence" }
  | { type: "evicted" }
  | { type: "crowded" }
  | { type: "poll-answered" }
  | { type: "poll-failed" }
  | { type: "network-lost" }
  | { type: "network-back" }
  | { type: "signed-out" }
  | { type: "gone" }
  | { type: "stop" };

export function idleConnection(now: number): ConnectionState {
  return { name: "idle", since: now, heardAt: now };
}

/** The next state; the same object where nothing changed for an observer. */
export function nextConnectionState(state: ConnectionState, event: ConnectionEvent, now: number): ConnectionState {
  const { heardAt } = state;
  if (state.name === "stopped") return state;
  if (event.type === "stop") return { name: "stopped", since: now, heardAt, reason: "closed" };
  if (state.name === "needs-auth") return state;
  if (state.name === "idle") return event.type === "start" ? { name: "connecting", since: now, heardAt } : state;
  switch (event.type) {
    case "start":
      return state;
    case "heard":
      return { name: "live", since: state.name === "live" ? state.since : now, heardAt: now };
    case "dropped":
      if (event.failures >= BACKOFF_TRIES) return polling("failures", state, now);
      return state.name === "polling" || state.name === "backoff"
        ? state
        : { name: "backoff", since: now, heardAt, cause: "dropped" };
    case "refused":
    case "silence":
      return polling(event.type, state, now);
    case "evicted":
    case "crowded":
      return state.name === "polling" && state.cause !== event.type
        ? { ...state, cause: event.type }
        : polling(event.type, state, now);
    case "poll-answered":
      return state.name === "polling" ? { ...state, answers: "current", heardAt: now } : state;
    case "poll-failed":
      return state.name === "polling" && state.answers !== "failing" ? { ...state, answers: "failing" } : state;
    case "network-lost":
      if (state.name === "polling") return state.answers === "failing" ? state : { ...state, answers: "failing" };
      if (state.name === "backoff" && state.cause === "network") return state;
      return { name: "backoff", since: state.name === "backoff" ? state.since : now, heardAt, cause: "network" };
    case "network-back":
      return state.name === "backoff" && state.cause === "network" ? { ...state, cause: "dropped" } : state;
    case "signed-out":
      return { name: "needs-auth", since: now, heardAt };
    case "gone":
      return { name: "stopped", since: now, heardAt, reason: "gone" };
    default:
      return event satisfies never;
  }
}

/** True for states that nothing leads out of but the end. */
export function isFinalConnection(state: ConnectionState): boolean {
  return state.name === "needs-auth" || state.name === "stopped";
}

function polling(cause: PollingCause, state: ConnectionState, now: number): ConnectionState {
  if (state.name === "polling") return state;
  return { name: "polling", since: now, heardAt: state.heardAt, cause, answers: "none" };
}
