import type { TurnEntry } from "@signalbox/catalog/turn-entry";
import { applyEntries, emptyTurnView, type TurnPart } from "@signalbox/catalog/turn-view";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyOfRow, LONG_TEXT, terminalsOf, turnRows, type TurnRows } from "./turn-rows.ts";

const id = fc.constantFrom("a", "b", "c");
const paragraph = "Words of a paragraph, one after the other. ".repeat(20).trim();
const entry: fc.Arbitrary<TurnEntry> = fc.oneof(
  fc.record({
    kind: fc.constant("text-delta" as const),
    role: fc.constant("assistant" as const),
    text: fc.constantFrom("word ", "\n\n", `${paragraph}\n\n`, `${`${paragraph}\n\n`.repeat(8)}- a\n- b\n\n`),
  }),
  fc.record({ kind: fc.constant("notice" as const), severity: fc.constant("info"), title: id }),
  fc.record({
    kind: fc.constant("tool-call" as const),
    callId: id,
    content: fc.array(fc.record({ type: fc.constant("terminal" as const), terminalId: id }), { maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant("terminal-delta" as const),
    terminalId: id,
    stream: fc.constant("stdout" as const),
    data: id,
  }),
  fc.record({
    kind: fc.constant("permission-request" as const),
    requestId: id,
    callId: id,
    options: fc.constant<never[]>([]),
  }),
  fc.record({
    kind: fc.constant("permission-resolved" as const),
    requestId: id,
    outcome: fc.constant("cancelled" as const),
  }),
);

const partsOf = (entries: readonly TurnEntry[]) => applyEntries(emptyTurnView(), entries).parts;
const keysOf = (rows: TurnRows) => rows.partOf.map((_, row) => keyOfRow(rows, row));

/** What a reader finds in the rows, from the first to the last. */
function shown({ parts, partOf, blockOf }: TurnRows): (TurnPart | string)[] {
  return partOf.map((place, row) => blockOf[row]?.text ?? (parts[place] as TurnPart));
}

describe("the rows of a turn", () => {
  it("are its parts in their order, but for what stands elsewhere: terminals in calls, and questions while they are asked", () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), fc.boolean(), (entries, isAsking) => {
        const parts = partsOf(entries);
        const rows = turnRows(parts, { isAsking });
        const elsewhere = new Set(
          parts.filter(
            (part) =>
              (part.type === "terminal" &&
                parts.some((each) => each.type === "tool" && terminalsOf(each, rows.terminals).includes(part))) ||
              (isAsking && part.type === "permission" && part.resolved === null),
          ),
        );
        expect([...new Set(rows.partOf)].map((place) => parts[place])).toEqual(
          parts.filter((part) => !elsewhere.has(part) && !(part.type === "text" && isBlank(part, rows, parts))),
        );
        expect(rows.questions).toEqual(parts.filter((part) => part.type === "permission" && elsewhere.has(part)));
        expect(rows.partOf.toSorted((a, b) => a - b)).toEqual(rows.partOf);
        expect(new Set(keysOf(rows)).size).toBe(rows.partOf.length);
      }),
    );
  });

  it("are the same made anew and from the rows before", () => {
    fc.assert(
      fc.property(fc.array(fc.array(entry, { maxLength: 6 }), { maxLength: 6 }), (frames) => {
        let view = emptyTurnView();
        let rows = turnRows(view.parts, { isAsking: false });
        for (const frame of frames) {
          view = applyEntries(view, frame);
          rows = turnRows(view.parts, { isAsking: false, before: rows });
          const anew = turnRows(view.parts, { isAsking: false });
          expect(shown(rows)).toEqual(shown(anew));
          expect(keysOf(rows)).toEqual(keysOf(anew));
        }
      }),
      { numRuns: 30 },
    );
  });

  it("are a row per block for a long text, whose settled blocks are not parsed again", () => {
    const text = `${paragraph}\n\n`.repeat(Math.ceil(LONG_TEXT / paragraph.length) + 1);
    const say = (more: string) => partsOf([{ kind: "text-delta", role: "assistant", text: text + more }]);
    const before = turnRows(say(""), { isAsking: false });
    expect(before.partOf.length).toBeGreaterThan(4);
    const after = turnRows(say("and more"), { isAsking: false, before });
    expect(after.blockOf.slice(0, -3).every((block, row) => block === before.blockOf[row])).toBe(true);
    expect(after.blockOf.at(-1)?.text).toBe("and more");
  });
});

/** A long text of nothing but blank lines has no block. */
function isBlank(part: Extract<TurnPart, { type: "text" }>, rows: TurnRows, parts: readonly TurnPart[]): boolean {
  return rows.texts.get(parts.indexOf(part))?.blocks.length === 0;
}
