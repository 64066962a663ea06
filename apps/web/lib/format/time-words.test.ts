import { describe, expect, it } from "vitest";
import { duration, exactUtc, timeAgo } from "./time-words.ts";

const NOW = Date.UTC(2026, 10, 20, 12, 0, 0);
const ago = (seconds: number) => timeAgo(NOW - seconds * 1_000, NOW);

describe("times in words", () => {
  it.each([
    [0, "just now"],
    [-30, "just now"],
    [59, "just now"],
    [60, "1 min ago"],
    [3_599, "59 min ago"],
    [3_600, "1 h ago"],
    [86_400, "yesterday"],
    [13 * 86_400, "13 days ago"],
    [20 * 86_400, "31 Oct"],
    [400 * 86_400, "16 Oct 2025"],
  ])("says %i seconds ago as “%s”", (seconds, words) => {
    expect(ago(seconds)).toBe(words);
  });

  it.each([
    [-5_000, "0:00"],
    [7_900, "0:07"],
    [760_000, "12:40"],
    [3_729_000, "1:02:09"],
  ])("writes %i ms as %s", (milliseconds, words) => {
    expect(duration(milliseconds)).toBe(words);
  });

  it("names the zone of an exact time", () => {
    expect(exactUtc(NOW)).toBe("2026-11-20 12:00:00 UTC");
  });
});
