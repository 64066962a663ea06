import type { SandboxLogAnswer } from "@signalbox/catalog/poll-answers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { follow } from "./sandbox-lines.ts";

/** An answer with the lines `from` to `to` of a log. */
function answer(from: number, to: number, rest: Partial<SandboxLogAnswer> = {}): SandboxLogAnswer {
  const entries = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => ({
    seq: from + index,
    at: 1,
    kind: "note" as const,
    text: String(from + index),
  }));
  return { cursor: `1.${to}`, floor: 0, resync: false, entries, more: false, done: false, ...rest };
}

const offsets = (view: SandboxLogAnswer | undefined) => view?.entries.map(({ seq }) => seq);

test("answers that come twice or late add nothing, and none is missing", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(5)), { maxLength: 20 }), (reads) => {
      let view = answer(1, 3);
      for (const [back, further] of reads) {
        const last = view.entries.at(-1)?.seq ?? 0;
        const from = Math.max(1, last + 1 - back);
        const next = follow(view, answer(from, Math.max(from, from + back + further - 1)));
        // A cursor never goes back behind what is shown.
        expect(Number(next.cursor.split(".")[1])).toBe(next.entries.at(-1)?.seq);
        view = next;
      }
      expect(offsets(view)).toEqual(view.entries.map((_, index) => index + 1));
    }),
  );
});

test("an answer that begins anew takes the place of what was held; the end is told once", () => {
  expect(offsets(follow(answer(1, 5), answer(8, 9, { resync: true })))).toEqual([8, 9]);
  expect(offsets(follow(undefined, answer(4, 5)))).toEqual([4, 5]);
  const ended = follow(answer(1, 5), answer(6, 5, { done: true }));
  expect([ended.done, offsets(ended)]).toEqual([true, [1, 2, 3, 4, 5]]);
});

test("holds the newest lines only", () => {
  const view = follow(answer(1, 1_990), answer(1_991, 2_100));
  expect([view.entries.length, view.entries[0]?.seq]).toEqual([2_000, 101]);
});
