/**
 * The state of the one connection for change signals, as the badge shows it. Pure: the session owns sockets and timers.
 *
 *   connecting ──heard──▶ live ──dropped──▶ reconnecting ──too-long──▶ offline
 *        │                 ▲ ◀──────────────heard─┴──────────heard───────┘
 *        └─too-long─▶ offline      signed-out, gone, stop: final, from anywhere
 *
 * Times are epoch milliseconds. `heardAt` is when what is on the screen was last known to be current.
 */
export type ConnectionState =
  | { name: "connecting"; since: number; heardAt: number }
  | { name: "live"; since: number; heardAt: number }
  | { name: "reconnecting"; since: number; heardAt: number }
  | { name: "offline"; since: number; heardAt: number; reason: OfflineReason }
  | { name: "signed-out"; since: number; heardAt: number }
  /** `gone`: the workspace may no longer be read, or is no more. `closed`: by this side. */
  | { name: "stopped"; since: number; heardAt: number; reason: "gone" | "closed" };

/** `network`: the machine has none. `silence`: nothing was heard for too long. `evicted`: a newer stream took the place. */
export type OfflineReason = "network" | "silence" | "evicted";

export type ConnectionEvent =
  | { type: "heard" }
  | { type: "dropped" }
  | { type: "too-long" }
  | { type: "network-lost" }
  | { type: "network-back" }
  | { type: "evicted" }
  | { type: "signed-out" }
  | { type: "gone" }
  | { type: "stop" };

export function startConnecting(now: number): ConnectionState {
  return { name: "connecting", since: now, heardAt: now };
}

/** The next state; the same object where nothing changed for an observer. */
export function nextConnectionState(state: ConnectionState, event: ConnectionEvent, now: number): ConnectionState {
  if (state.name === "stopped") return state;
  const { heardAt } = state;
  if (state.name === "signed-out") {
    return event.type === "stop" ? { name: "stopped", since: now, heardAt, reason: "closed" } : state;
  }
  switch (event.type) {
    case "heard":
      return { name: "live", since: state.name === "live" ? state.since : now, heardAt: now };
    case "dropped":
      return state.name === "connecting" || state.name === "live"
        ? { name: "reconnecting", since: now, heardAt }
        : state;
    case "too-long":
      return state.name === "offline" ? state : { name: "offline", since: now, heardAt, reason: "silence" };
    case "network-lost":
      return offlineBy("network", state, now);
    case "network-back":
      return state.name === "offline" && state.reason === "network"
        ? { name: "reconnecting", since: now, heardAt }
        : state;
    case "evicted":
      return offlineBy("evicted", state, now);
    case "signed-out":
      return { name: "signed-out", since: now, heardAt };
    case "gone":
      return { name: "stopped", since: now, heardAt, reason: "gone" };
    case "stop":
      return { name: "stopped", since: now, heardAt, reason: "closed" };
    default:
      return event satisfies never;
  }
}

/** Already offline: the reason changes, the time since when does not. */
function offlineBy(reason: OfflineReason, state: ConnectionState, now: number): ConnectionState {
  if (state.name === "offline" && state.reason === reason) return state;
  return { name: "offline", since: state.name === "offline" ? state.since : now, heardAt: state.heardAt, reason };
}
