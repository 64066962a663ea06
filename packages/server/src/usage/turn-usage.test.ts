import type { TurnEntry } from "@signalbox/catalog/turn-entry";
import { describe, expect, it } from "vitest";
import { applyUsage, emptyTurnUsage, sumOf, usageByModel } from "./turn-usage.ts";

type Usage = Omit<Extract<TurnEntry, { kind: "usage" }>, "kind">;

const start: TurnEntry = { kind: "turn-start", agent: { profileId: "builtin" }, model: "asked" };
const usage = (said: Usage): TurnEntry => ({ kind: "usage", ...said });
const rowsOf = (...entries: TurnEntry[]) => usageByModel(entries.reduce(applyUsage, emptyTurnUsage()));
const counts = (inputTokens: number, outputTokens: number, cachedReadTokens = 0, cachedWriteTokens = 0) => ({
  inputTokens,
  cachedReadTokens,
  cachedWriteTokens,
  outputTokens,
  otherTokens: 0,
});

describe("what a turn used", () => {
  it("adds steps up by model, and does not count their total again", () => {
    const rows = rowsOf(
      start,
      usage({ scope: "step", model: "a", inputTokens: 100, outputTokens: 10, totalTokens: 110 }),
      usage({ scope: "step", model: "b", inputTokens: 50, outputTokens: 5, totalTokens: 55 }),
      usage({ scope: "step", model: "a", inputTokens: 200, outputTokens: 20, totalTokens: 220 }),
      usage({ scope: "turn", inputTokens: 350, outputTokens: 35, totalTokens: 385 }),
      { kind: "turn-end", outcome: "completed", usage: { inputTokens: 350, outputTokens: 35, totalTokens: 385 } },
    );
    expect(rows).toEqual([
      { model: "a", counts: counts(300, 30), reported: null },
      { model: "b", counts: counts(50, 5), reported: null },
    ]);
  });

  it("takes a later total for the earlier one: it is cumulative, and may be corrected downwards", () => {
    const totals = [100, 250, 240].map((inputTokens) => usage({ scope: "turn", inputTokens, outputTokens: 0 }));
    expect(rowsOf(start, ...totals)).toEqual([{ model: "asked", counts: counts(240, 0), reported: null }]);
  });

  it("gives what the total says beyond the steps, or short of them, to the last model", () => {
    const steps = [
      usage({ scope: "step", model: "a", inputTokens: 100, outputTokens: 0 }),
      usage({ scope: "step", model: "b", inputTokens: 50, outputTokens: 0 }),
    ];
    for (const [total, last] of [
      [180, 80],
      [120, 20],
      [90, 0],
    ] as const) {
      const rows = rowsOf(...steps, usage({ scope: "turn", inputTokens: total, outputTokens: 0 }));
      expect(rows.map(({ model, counts }) => [model, sumOf(counts)])).toEqual(
        last > 0
          ? [
              ["a", 100],
              ["b", last],
            ]
          : [["a", 100]],
      );
    }
  });

  it.each([
    [
      "within the input",
      { inputTokens: 100, outputTokens: 20, cachedReadTokens: 80, totalTokens: 120 },
      counts(20, 20, 80),
    ],
    [
      "beside the input",
      { inputTokens: 20, outputTokens: 20, cachedReadTokens: 80, totalTokens: 120 },
      counts(20, 20, 80),
    ],
    ["beside it, without a total", { inputTokens: 20, outputTokens: 20, cachedReadTokens: 80 }, counts(20, 20, 80)],
    [
      "beside it, written and read, thoughts too",
      {
        inputTokens: 3,
        outputTokens: 10,
        cachedReadTokens: 80,
        cachedWriteTokens: 7,
        thoughtTokens: 40,
        totalTokens: 140,
      },
      counts(3, 50, 80, 7),
    ],
    [
      "and thoughts within the output",
      { inputTokens: 5, outputTokens: 50, thoughtTokens: 40, totalTokens: 55 },
      counts(5, 50),
    ],
  ])("counts no token twice where the cache is counted %s", (_, said, expected) => {
    expect(rowsOf(start, usage({ scope: "turn", ...said }))[0]?.counts).toEqual(expected);
  });

  it("keeps a bare sum apart, since no price fits it", () => {
    expect(rowsOf(start, usage({ scope: "turn", totalTokens: 70 }))[0]?.counts).toEqual({
      ...counts(0, 0),
      otherTokens: 70,
    });
  });

  it("knows the context's size for no usage, and its cost for the session's so far", () => {
    const rows = rowsOf(
      start,
      usage({ scope: "context", used: 9_000, size: 10_000, cost: { amount: 0.1, currency: "usd" } }),
      usage({ scope: "context", used: 9_500, size: 10_000, cost: { amount: 0.3, currency: "usd" } }),
    );
    expect(rows).toEqual([{ model: "asked", counts: counts(0, 0), reported: { micros: 300_000, currency: "USD" } }]);
  });

  it("bounds what an agent may say: counts, names and how many models", () => {
    const rows = rowsOf(
      ...Array.from({ length: 40 }, (_, index) =>
        usage({ scope: "step", model: `${index}${"x".repeat(500)}`, inputTokens: Number.MAX_SAFE_INTEGER }),
      ),
    );
    expect(rows).toHaveLength(16);
    for (const row of rows) {
      expect(row.model.length).toBe(100);
      expect(row.counts.inputTokens).toBe(1_000_000_000);
    }
  });

  it("says nothing of a turn that told nothing", () => {
    const before = emptyTurnUsage();
    expect(applyUsage(before, { kind: "text-delta", role: "assistant", text: "a" })).toBe(before);
    expect(applyUsage(before, { kind: "turn-end", outcome: "completed" })).toBe(before);
    expect(usageByModel(before)).toEqual([]);
  });
});
