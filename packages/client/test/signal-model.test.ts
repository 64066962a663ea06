import { describe, expect, it } from "vitest";
import { ALL_MECHANISMS, explore, NO_STEPS, type Bounds, type Mechanisms } from "./signal-model.ts";

/** S2 to S4 within small bounds: with every mechanism they hold in every order of steps, without any one they break. */
describe("the signal stream with all its mechanisms", () => {
  it.each<[string, Partial<Bounds>]>([
    ["writes and a drop", { writes: 2, drops: 1 }],
    ["writes, a drop and pruning", { writes: 2, drops: 1, prunes: 2 }],
    ["writes and a host that dies", { writes: 2, crashes: 1 }],
    ["a grant, a revocation, a write and a drop", { writes: 1, grants: 1, revokes: 1, drops: 1 }],
    ["writes and a bus that loses its rings", { writes: 2, lostRings: 2 }],
  ])("ends with the screen equal to the store after %s", (_, bounds) => {
    const { holds, why, trace } = explore(ALL_MECHANISMS, { ...NO_STEPS, ...bounds });
    expect({ holds, why, trace }).toEqual({ holds: true, why: null, trace: [] });
  });

  it("also where a reconnect asks for everything instead of resuming", () => {
    const bounds = { ...NO_STEPS, writes: 2, drops: 1, prunes: 1 };
    expect(explore({ ...ALL_MECHANISMS, catchUp: "resync" }, bounds).why).toBeNull();
  });
});

describe("the signal stream without one of its mechanisms", () => {
  it.each<[string, Partial<Mechanisms>, Partial<Bounds>]>([
    ["no catch-up after a reconnect", { catchUp: "none" }, { writes: 1, drops: 1 }],
    ["read first, connect without a position", { cursorBeforeRead: false }, { writes: 1 }],
    ["publish after the commit, and die between", { outboxInTransaction: false }, { writes: 1, crashes: 1 }],
    ["publish before the commit", { outboxInTransaction: false, publishAfterCommit: false }, { writes: 1 }],
    ["a signal during a read is not heard", { readAgainAfterSignal: false }, { writes: 1 }],
    ["answers in any order", { answersInOrder: false }, { writes: 1 }],
    ["a pruned cursor is not told", { resyncWhenPruned: false }, { writes: 2, drops: 1, prunes: 2 }],
    ["the resync's cursor in a message of its own", { resyncCarriesCursor: false }, { writes: 1, drops: 1, prunes: 1 }],
    ["a lost ring, and nobody looks", { tailPolls: false }, { writes: 1, lostRings: 1 }],
    ["a grant without a signal", { accessIsSignal: false }, { grants: 1 }],
    ["a revocation without a signal", { accessIsSignal: false }, { revokes: 1 }],
    ["a refused read leaves what was shown", { refusalDropsShown: false }, { revokes: 1 }],
    ["the scope is not checked at the send", { scopeAtSend: false }, { writes: 1 }],
  ])("breaks: %s", (_, without, bounds) => {
    const { holds, trace } = explore({ ...ALL_MECHANISMS, ...without }, { ...NO_STEPS, ...bounds });
    expect(holds).toBe(false);
    expect(trace.length).toBeGreaterThan(0);
  });
});
