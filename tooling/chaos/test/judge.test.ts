import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { applyEntry, emptyTurnView } from "@signalbox/catalog/turn-view";
import { describe, expect, it } from "vitest";
import { judge, type Evidence, type Expectation } from "../src/judge.ts";

const LOG: LoggedEntry[] = [
  { seq: 1, at: 1, kind: "turn-start", agent: { profileId: "builtin" } },
  { seq: 2, at: 2, kind: "text-delta", role: "assistant", text: "one " },
  { seq: 3, at: 3, kind: "text-delta", role: "assistant", text: "two " },
  { seq: 4, at: 4, kind: "text-delta", role: "assistant", text: "three" },
  { seq: 5, at: 5, kind: "turn-end", outcome: "completed" },
];
const WHOLE: Expectation = { outcome: "completed", endedBy: "operator", text: "one two three" };
const LOST: Expectation = { outcome: "failed", errorCode: "operator-lost", endedBy: "host", text: null };

function evidence(changes: Partial<Record<"spool" | "store" | "reader", LoggedEntry[]>> = {}): Evidence {
  const store = changes.store ?? LOG;
  return {
    spool: changes.spool ?? LOG,
    store,
    reader: changes.reader ?? store,
    screen: store.reduce(applyEntry, emptyTurnView()),
  };
}

/** LOG without the entry at this place. */
const without = (seq: number): LoggedEntry[] => LOG.filter((entry) => entry.seq !== seq);
const twice = (seq: number): LoggedEntry[] => LOG.flatMap((entry) => (entry.seq === seq ? [entry, entry] : [entry]));
const otherwise = (seq: number): LoggedEntry[] =>
  LOG.map((entry) =>
    entry.seq === seq ? { seq, at: entry.at, kind: "text-delta", role: "assistant", text: "other " } : entry,
  );

describe("the judge", () => {
  it("finds nothing where nothing is wrong", () => {
    expect(judge(evidence(), WHOLE)).toEqual({ lost: 0, duplicated: 0, terminals: 1, faults: [] });
  });

  it.each<[string, Evidence, Partial<ReturnType<typeof judge>>]>([
    ["an entry that the store lacks", evidence({ store: without(3) }), { lost: 1 }],
    ["an entry that the reader was not given", evidence({ reader: without(3) }), { lost: 1 }],
    ["an entry that the spool lost", evidence({ spool: without(3) }), { lost: 0 }],
    ["an entry that is stored twice", evidence({ store: twice(3) }), { duplicated: 2 }],
    ["an entry that the reader was given twice", evidence({ reader: twice(3) }), { duplicated: 1 }],
    ["other words in the store", evidence({ store: otherwise(3) }), { lost: 0 }],
    ["other words at the reader", evidence({ reader: otherwise(3) }), { lost: 0 }],
    ["entries in another order", evidence({ reader: LOG.toReversed() }), { lost: 0 }],
    ["no turn-end", evidence({ store: without(5), spool: without(5) }), { terminals: 0 }],
    [
      "a second turn-end",
      evidence({ store: [...LOG, { seq: 6, at: 6, kind: "turn-end", outcome: "failed" }] }),
      { terminals: 2 },
    ],
  ])("finds %s", (_, wrong, counted) => {
    const verdict = judge(wrong, WHOLE);
    expect(verdict.faults).not.toEqual([]);
    expect(verdict).toMatchObject(counted);
  });

  it("finds a screen that shows something else than the log", () => {
    const screen = without(3).reduce(applyEntry, emptyTurnView());
    expect(judge({ ...evidence(), screen }, WHOLE).faults).toHaveLength(2);
  });

  it("finds words that an undisturbed turn does not say", () => {
    expect(judge(evidence(), { ...WHOLE, text: "one two four" }).faults).toEqual([
      expect.stringContaining("character 8"),
    ]);
  });

  it("takes a prefix of the spool where the host wrote the end, and nothing but a prefix", () => {
    const end: LoggedEntry = {
      seq: 4,
      at: 9,
      kind: "turn-end",
      outcome: "failed",
      error: { code: "operator-lost", message: "" },
    };
    const store = [...LOG.slice(0, 3), end];
    expect(judge(evidence({ store }), LOST).faults).toEqual([]);
    expect(judge(evidence({ store }), { ...LOST, errorCode: "runner-died" }).faults).toHaveLength(1);
    expect(judge(evidence({ store }), WHOLE).faults).not.toEqual([]);
    const swapped = [...otherwise(2).slice(0, 3), end];
    expect(judge(evidence({ store: swapped }), LOST).faults).not.toEqual([]);
  });
});
