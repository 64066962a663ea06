import { describe, expect, it } from "vitest";
import {
  nextConnectionState,
  startConnecting,
  type ConnectionEvent,
  type ConnectionState,
} from "./connection-state.ts";

type Name = ConnectionState["name"];
type Expected = Name | "same";

/** Every state with every event: a missing cell does not compile. "same" is the same object: observers hear nothing. */
const TABLE: Record<Name, Record<ConnectionEvent["type"], Expected>> = {
  connecting: {
    heard: "live",
    dropped: "reconnecting",
    "too-long": "offline",
    "network-lost": "offline",
    "network-back": "same",
    evicted: "offline",
    "signed-out": "signed-out",
    gone: "stopped",
    stop: "stopped",
  },
  live: {
    heard: "live",
    dropped: "reconnecting",
    "too-long": "offline",
    "network-lost": "offline",
    "network-back": "same",
    evicted: "offline",
    "signed-out": "signed-out",
    gone: "stopped",
    stop: "stopped",
  },
  reconnecting: {
    heard: "live",
    dropped: "same",
    "too-long": "offline",
    "network-lost": "offline",
    "network-back": "same",
    evicted: "offline",
    "signed-out": "signed-out",
    gone: "stopped",
    stop: "stopped",
  },
  offline: {
    heard: "live",
    dropped: "same",
    "too-long": "same",
    "network-lost": "same",
    "network-back": "reconnecting",
    evicted: "offline",
    "signed-out": "signed-out",
    gone: "stopped",
    stop: "stopped",
  },
  "signed-out": {
    heard: "same",
    dropped: "same",
    "too-long": "same",
    "network-lost": "same",
    "network-back": "same",
    evicted: "same",
    "signed-out": "same",
    gone: "same",
    stop: "stopped",
  },
  stopped: {
    heard: "same",
    dropped: "same",
    "too-long": "same",
    "network-lost": "same",
    "network-back": "same",
    evicted: "same",
    "signed-out": "same",
    gone: "same",
    stop: "same",
  },
};

const STATES: Record<Name, ConnectionState> = {
  connecting: startConnecting(10),
  live: { name: "live", since: 10, heardAt: 20 },
  reconnecting: { name: "reconnecting", since: 30, heardAt: 20 },
  offline: { name: "offline", since: 30, heardAt: 20, reason: "network" },
  "signed-out": { name: "signed-out", since: 30, heardAt: 20 },
  stopped: { name: "stopped", since: 30, heardAt: 20, reason: "gone" },
};

describe("the connection's state", () => {
  const cells = Object.entries(TABLE).flatMap(([state, row]) =>
    Object.entries(row).map(([event, expected]) => ({
      state: state as Name,
      event: event as ConnectionEvent["type"],
      expected,
    })),
  );

  it.each(cells)("$state, $event: $expected", ({ state, event, expected }) => {
    const before = STATES[state];
    const after = nextConnectionState(before, { type: event }, 100);
    if (expected === "same") expect(after).toBe(before);
    else expect(after.name).toBe(expected);
  });

  it("remembers when what is shown was last known to be current", () => {
    const dropped = nextConnectionState(STATES.live, { type: "dropped" }, 100);
    const offline = nextConnectionState(dropped, { type: "too-long" }, 200);
    expect(offline).toEqual({ name: "offline", since: 200, heardAt: 20, reason: "silence" });
  });

  it("is live since the first frame after a drop, not since the last", () => {
    const live = nextConnectionState(STATES.reconnecting, { type: "heard" }, 100);
    expect(nextConnectionState(live, { type: "heard" }, 150)).toEqual({ name: "live", since: 100, heardAt: 150 });
  });
});
