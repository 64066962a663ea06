import { describe, expect, it } from "vitest";
import { begin } from "./turn-model-world.ts";
import { explore } from "./turn-model-explore.ts";
import { ALL_MECHANISMS, NO_FAULTS, type Bounds, type Mechanisms, type Settings } from "./turn-model.ts";

function settingsOf(
  without: Partial<Mechanisms>,
  faults: Partial<Bounds>,
  { entries = 2, hasJournal = true, connectionsMax }: Partial<Omit<Settings, "on" | "bounds">> = {},
): Settings {
  const bounds = { ...NO_FAULTS, ...faults };
  return { on: { ...ALL_MECHANISMS, ...without }, bounds, entries, hasJournal, connectionsMax };
}

const verdictOf = (settings: Settings) => explore(begin(settings.bounds), settings);

/** T1 to T6 within small bounds. */
describe("a turn with all its mechanisms", () => {
  it.each<[string, Partial<Bounds>, Parameters<typeof settingsOf>[2]?]>([
    ["nothing", {}],
    ["a drop", { drops: 1 }],
    ["two drops", { drops: 2 }, { entries: 1 }],
    ["a drop and a host that is killed", { drops: 1, hostCrashes: 1 }, { entries: 1 }],
    ["a drop, a row that is forgotten and a purge", { drops: 1, evictions: 1, purges: 1 }],
    ["an operator that is cut off, and a reaper", { operatorDrops: 1, lapses: 1 }],
    ["an operator that is killed, and has its spool", { operatorCrashes: 1, lapses: 1 }, { entries: 1 }],
    [
      "an operator that is killed, and has lost it",
      { operatorCrashes: 1, lapses: 1 },
      { entries: 1, hasJournal: false },
    ],
    ["an operator that is gone for good", { operatorDeaths: 1, lapses: 1, drops: 1 }, { entries: 1 }],
    ["a tab that crashes, and a bus that loses a ring", { tabCrashes: 1, lostRings: 1 }],
    ["a store that comes back without its last row", { losses: 1, drops: 1 }, { entries: 1 }],
    ["a row that is forgotten, within four connections", { drops: 1, evictions: 1 }, { connectionsMax: 4 }],
  ])("holds with %s", (_, faults, more) => {
    const { holds, why, trace } = verdictOf(settingsOf({}, faults, more));
    expect({ holds, why, trace }).toEqual({ holds: true, why: null, trace: [] });
  });
});

describe("a turn without one of its mechanisms", () => {
  it.each<[string, Partial<Mechanisms>, Partial<Bounds>, Parameters<typeof settingsOf>[2]?]>([
    ["the end is a column that is read after the rows", { endIsRow: false }, {}],
    ["replay, then subscribe", { reading: "replay, then subscribe" }, {}],
    [
      "subscribe, then replay, and nobody compares numbers",
      { reading: "subscribe, then replay", serverSendsNext: false, clientTakesNext: false },
      { drops: 1 },
    ],
    ["the ring is taken away after the read, and nobody looks", { wakeBeforeRead: false, tailPolls: false }, {}],
    ["a lost ring, and nobody looks", { tailPolls: false }, { lostRings: 1 }],
    [
      "rows that are gone are skipped on both sides",
      { serverSendsNext: false, clientTakesNext: false },
      { evictions: 1, drops: 1 },
    ],
    [
      "the host goes on behind a gap, and the client connects for ever",
      { serverSendsNext: false },
      { evictions: 1, drops: 1 },
      { connectionsMax: 4 },
    ],
    [
      "what is gone is read before the rows, and nobody looks again",
      { pageIsOneRead: false, tailPolls: false },
      { purges: 1 },
    ],
    [
      "a store that lost rows goes on, and nobody minds a cursor ahead of the log",
      { lossRaisesEpoch: false, aheadIsResync: false },
      { losses: 1, drops: 1 },
      { entries: 1 },
    ],
    [
      "an old connection is still heard, and nobody compares numbers",
      { connectionsHaveNumbers: false, clientTakesNext: false },
      { drops: 1 },
    ],
    ["a store that lost rows goes on as if it had not", { lossRaisesEpoch: false }, { losses: 1 }],
    [
      "a new epoch, and cursors without it",
      { cursorHasEpoch: false },
      { losses: 1, operatorCrashes: 1, lapses: 1 },
      { entries: 1, hasJournal: false },
    ],
    [
      "several appends under way, and those of an older connection are taken",
      { oneAppendUnderWay: false, fencing: false },
      { operatorCrashes: 1, lapses: 1 },
      { hasJournal: false },
    ],
    [
      "a number is taken for its content",
      { appendComparesOld: false },
      { operatorCrashes: 1, lapses: 1 },
      { hasJournal: false },
    ],
    ["an append that comes again is stored again", { appendKnowsOld: false }, { operatorDrops: 1 }],
    [
      "several appends under way, and one with a gap is stored",
      { oneAppendUnderWay: false, appendRefusesGaps: false },
      { operatorDrops: 1 },
    ],
    [
      "several appends under way, and a spool that is lost",
      { oneAppendUnderWay: false },
      { operatorCrashes: 1, lapses: 1 },
      { hasJournal: false },
    ],
    ["the operator does not go back to what was acknowledged", { operatorRewinds: false }, { operatorDrops: 1 }],
    ["the end is written whatever has happened since", { endByCompareAndSet: false }, { operatorDrops: 1, lapses: 1 }],
    ["acknowledged before the commit", { ackAfterCommit: false }, { hostCrashes: 1 }],
    ["nothing outlives the log", { tombstone: false }, { purges: 1, drops: 1 }],
    ["the first load reads text and cursor one after the other", { loadIsOneRead: false }, {}],
    ["a cursor is kept without its view", { cursorWithView: false }, { tabCrashes: 1 }],
    ["nobody ends the turn of an operator that is gone", { reaper: false }, { operatorDeaths: 1 }],
  ])("breaks: %s", (_, without, faults, more) => {
    const { holds, trace } = verdictOf(settingsOf(without, faults, more));
    expect(holds).toBe(false);
    expect(trace.length).toBeGreaterThan(0);
  });
});

/** Belt and braces: each of these may go as long as the other stays. */
describe("a turn without one of two mechanisms that stand for each other", () => {
  it.each<[string, Partial<Mechanisms>, Partial<Bounds>]>([
    ["the poll, on a bus that loses nothing", { tailPolls: false }, {}],
    ["the ring's order, as long as the tail looks by itself", { wakeBeforeRead: false }, {}],
    ["the numbers of connections, as long as the client compares", { connectionsHaveNumbers: false }, { drops: 1 }],
    ["the generations, as long as one append is under way", { fencing: false }, { operatorDrops: 1 }],
    ["the refusal of gaps, as long as one append is under way", { appendRefusesGaps: false }, { operatorDrops: 1 }],
    ["the poll, as long as what is gone is read with the rows", { tailPolls: false }, { purges: 1 }],
    ["the one read, as long as the tail looks by itself", { pageIsOneRead: false }, { purges: 1, evictions: 1 }],
    [
      "the look whether a cursor is ahead, as long as a loss raises the epoch",
      { aheadIsResync: false },
      { losses: 1, drops: 1 },
    ],
    ["the client's comparing, as long as the host compares", { clientTakesNext: false }, { drops: 1, evictions: 1 }],
  ])("holds without %s", (_, without, faults) => {
    const { why, trace } = verdictOf(settingsOf(without, faults));
    expect({ why, trace }).toEqual({ why: null, trace: [] });
  });
});
