import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ENTRY_MAX_BYTES } from "./bounds.ts";
import { type LoggedEntry, TurnEntry } from "./turn-entry.ts";
import { rollUp } from "./turn-rollup.ts";
import { applyEntry, emptyTurnView } from "./turn-view.ts";

const text = fc.string({ unit: "grapheme", maxLength: 6 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const few = fc.constantFrom("a", "b");
const bodies = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("text-delta"), messageId: maybe(few), text }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("text-delta"), role: fc.constant("user"), text }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("thought-delta"), messageId: maybe(few), text }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("terminal-delta"),
      terminalId: few,
      stream: fc.constantFrom("stdout", "stderr"),
      data: text,
      exitCode: maybe(fc.nat(2)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("tool-input-delta"), callId: few, delta: text }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("tool-call"), callId: few, title: text }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("raw"), source: few, type: few, value: text }) },
);
const logs = fc
  .array(bodies, { maxLength: 40 })
  .map((all) =>
    all.map((body, index): LoggedEntry => ({ ...TurnEntry.parse(body), seq: index + 1, at: 1_000 + index })),
  );
const fold = (entries: readonly LoggedEntry[]) => entries.reduce(applyEntry, emptyTurnView());

describe("a rolled up turn", () => {
  it("[TU8] gives the view of the log that it stands for, however the log is cut into frames", () => {
    fc.assert(
      fc.property(logs, fc.array(fc.nat(40), { maxLength: 6 }), (log, cuts) => {
        const bounds = [0, ...cuts.map((cut) => Math.min(cut, log.length)).toSorted((a, b) => a - b), log.length];
        const frames = bounds.slice(1).map((to, index) => rollUp(log.slice(bounds[index], to)));
        expect(fold(frames.flat())).toEqual(fold(log));
        for (const frame of frames)
          expect(frame.map(({ seq }) => seq)).toEqual(frame.map(({ seq }) => seq).toSorted((a, b) => a - b));
      }),
    );
  });

  it("[TU8] is one entry for ten thousand words of one message, with the place of the last", () => {
    const log = Array.from({ length: 10_000 }, (_, index): LoggedEntry => ({
      kind: "text-delta",
      role: "assistant",
      text: "word ",
      seq: index + 1,
      at: index,
    }));
    expect(rollUp(log)).toEqual([{ ...log.at(-1), text: "word ".repeat(10_000) }]);
  });

  it("[TU8] merges up to what one entry may have", () => {
    const half = "x".repeat(ENTRY_MAX_BYTES / 2);
    const log = [1, 2, 3].map((seq): LoggedEntry => ({ kind: "thought-delta", text: half, seq, at: seq }));
    expect(rollUp(log).map(({ seq }) => seq)).toEqual([2, 3]);
  });
});
