import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCursor, parseCursor } from "./cursor.ts";

describe("a cursor", () => {
  it("comes back from the wire as it was", () => {
    const cursors = fc.record({
      epoch: fc.integer({ min: 0, max: 999_999_999 }),
      seq: fc.integer({ min: 0, max: 999_999_999_999_999 }),
    });
    fc.assert(
      fc.property(cursors, (cursor) => {
        expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
      }),
    );
  });

  it("is nothing but two numbers and a dot: anything else is an unknown position, and never an error", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.e -]{0,20}$/)), (text) => {
        const parsed = parseCursor(text);
        if (!parsed) return true;
        return /^\d+\.\d+$/.test(text) && Number.isSafeInteger(parsed.seq) && Number.isSafeInteger(parsed.epoch);
      }),
      { numRuns: 300 },
    );
    for (const none of [
      null,
      undefined,
      "",
      ".",
      "1",
      "1.",
      ".1",
      "-1.1",
      "1.-1",
      "1.1.1",
      " 1.1",
      "1.1\n",
      "1,1",
      "1.1e3",
      "0x1.1",
      "١.١",
      "1234567890.1",
      `1.${"9".repeat(16)}`,
    ]) {
      expect(parseCursor(none)).toBeNull();
    }
  });
});
