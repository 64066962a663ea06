import { BACKOFF_TRIES } from "@signalbox/catalog/timing";
import { describe, expect, it } from "vitest";
import {
  idleConnection,
  isFinalConnection,
  nextConnectionState,
  type ConnectionEvent,
  type ConnectionState,
} from "./connection-state.ts";

const TIMES = { since: 30, heardAt: 20 };

/** Every state that behaves in its own way. */
const STATES = {
  idle: idleConnection(20),
  connecting: { ...TIMES, name: "connecting" },
  live: { ...TIMES, name: "live" },
  backoff: { ...TIMES, name: "backoff", cause: "dropped" },
  "backoff without network": { ...TIMES, name: "backoff", cause: "network" },
  "polling, not yet answered": { ...TIMES, name: "polling", cause: "refused", answers: "none" },
  "polling, current": { ...TIMES, name: "polling", cause: "failures", answers: "current" },
  "polling, failing": { ...TIMES, name: "polling", cause: "evicted", answers: "failing" },
  "needs-auth": { ...TIMES, name: "needs-auth" },
  stopped: { ...TIMES, name: "stopped", reason: "gone" },
} as const satisfies Record<string, ConnectionState>;

const EVENTS = {
  start: { type: "start" },
  heard: { type: "heard" },
  dropped: { type: "dropped", failures: BACKOFF_TRIES - 1 },
  "dropped too often": { type: "dropped", failures: BACKOFF_TRIES },
  refused: { type: "refused" },
  silence: { type: "silence" },
  evicted: { type: "evicted" },
  crowded: { type: "crowded" },
  "poll answered": { type: "poll-answered" },
  "poll failed": { type: "poll-failed" },
  "network lost": { type: "network-lost" },
  "network back": { type: "network-back" },
  "signed out": { type: "signed-out" },
  gone: { type: "gone" },
  stop: { type: "stop" },
} as const satisfies Record<string, ConnectionEvent>;

type Event = keyof typeof EVENTS;

/** "same" is the same object: observers hear nothing. */
const FROM_UNSTREAMED: Record<Event, string> = {
  start: "same",
  heard: "live",
  dropped: "backoff dropped",
  "dropped too often": "polling failures none",
  refused: "polling refused none",
  silence: "polling silence none",
  evicted: "polling evicted none",
  crowded: "polling crowded none",
  "poll answered": "same",
  "poll failed": "same",
  "network lost": "backoff network",
  "network back": "same",
  "signed out": "needs-auth",
  gone: "stopped gone",
  stop: "stopped closed",
};
const FROM_POLLING: Record<Event, string> = {
  ...FROM_UNSTREAMED,
  dropped: "same",
  "dropped too often": "same",
  refused: "same",
  silence: "same",
};
const STAYS: Record<Event, string> = {
  start: "same",
  heard: "same",
  dropped: "same",
  "dropped too often": "same",
  refused: "same",
  silence: "same",
  evicted: "same",
  crowded: "same",
  "poll answered": "same",
  "poll failed": "same",
  "network lost": "same",
  "network back": "same",
  "signed out": "same",
  gone: "same",
  stop: "stopped closed",
};

/** Every state with every event: a missing cell does not compile. */
const TABLE: Record<keyof typeof STATES, Record<Event, string>> = {
  idle: { ...STAYS, start: "connecting" },
  connecting: FROM_UNSTREAMED,
  live: FROM_UNSTREAMED,
  backoff: { ...FROM_UNSTREAMED, dropped: "same" },
  "backoff without network": {
    ...FROM_UNSTREAMED,
    dropped: "same",
    "network lost": "same",
    "network back": "backoff dropped",
  },
  "polling, not yet answered": {
    ...FROM_POLLING,
    evicted: "polling evicted none",
    crowded: "polling crowded none",
    "poll answered": "polling refused current",
    "poll failed": "polling refused failing",
    "network lost": "polling refused failing",
  },
  "polling, current": {
    ...FROM_POLLING,
    evicted: "polling evicted current",
    crowded: "polling crowded current",
    "poll answered": "polling failures current",
    "poll failed": "polling failures failing",
    "network lost": "polling failures failing",
  },
  "polling, failing": {
    ...FROM_POLLING,
    evicted: "same",
    crowded: "polling crowded failing",
    "poll answered": "polling evicted current",
    "poll failed": "same",
    "network lost": "same",
  },
  "needs-auth": STAYS,
  stopped: { ...STAYS, stop: "same" },
};

describe("the connection's state", () => {
  const cells = Object.entries(TABLE).flatMap(([state, row]) =>
    Object.entries(row).map(([event, expected]) => ({
      state: state as keyof typeof STATES,
      event: event as Event,
      expected,
    })),
  );

  it.each(cells)("$state, $event: $expected", ({ state, event, expected }) => {
    const before = STATES[state];
    const after = nextConnectionState(before, EVENTS[event], 100);
    if (expected === "same") expect(after).toBe(before);
    else expect(shown(after)).toBe(expected);
  });

  it("remembers when what is shown was last known to be current, and moves that with every answered poll", () => {
    const dropped = nextConnectionState(STATES.live, EVENTS.dropped, 100);
    const polling = nextConnectionState(dropped, EVENTS.silence, 200);
    expect(polling).toMatchObject({ since: 200, heardAt: 20 });
    expect(nextConnectionState(polling, EVENTS["poll answered"], 300)).toMatchObject({ since: 200, heardAt: 300 });
  });

  it("is live since the first frame after a drop, not since the last", () => {
    const live = nextConnectionState(STATES.backoff, EVENTS.heard, 100);
    expect(nextConnectionState(live, EVENTS.heard, 150)).toEqual({ name: "live", since: 100, heardAt: 150 });
  });

  it("is final where nothing leads out of it but the end", () => {
    expect(Object.values(STATES).filter(isFinalConnection)).toEqual([STATES["needs-auth"], STATES.stopped]);
  });
});

function shown(state: ConnectionState): string {
  switch (state.name) {
    case "backoff":
      return `backoff ${state.cause}`;
    case "polling":
      return `polling ${state.cause} ${state.answers}`;
    case "stopped":
      return `stopped ${state.reason}`;
    case "idle":
    case "connecting":
    case "live":
    case "needs-auth":
      return state.name;
    default:
      return state satisfies never;
  }
}
