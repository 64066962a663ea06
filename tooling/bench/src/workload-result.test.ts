import { describe, expect, it } from "vitest";
import { isReached, limitBar, ratioBar } from "./workload-result.ts";

const RATIO = { bar: "B1", workload: "W1", what: "CPU", peer: "raw", peerValue: 10, unit: "µs", limit: 0.5 };
const LIMIT = { bar: "B8", workload: "W7", what: "p50", most: 30, unit: "ms" };

describe("bars", () => {
  it("are reached up to their limit and not beyond it", () => {
    expect(isReached(ratioBar({ ...RATIO, ours: 5 }))).toBe(true);
    expect(isReached(ratioBar({ ...RATIO, ours: 5.1 }))).toBe(false);
    expect(isReached(limitBar({ ...LIMIT, ours: 30 }))).toBe(true);
    expect(isReached(limitBar({ ...LIMIT, ours: 31 }))).toBe(false);
  });

  it("are not reached while one of their conditions is not", () => {
    const also = [{ what: "p99", ours: 151, limit: 150, unit: "ms" }];
    expect(isReached(limitBar({ ...LIMIT, ours: 1, also }))).toBe(false);
  });

  it("say nothing about what was not measured", () => {
    const also = [{ what: "p99", ours: Number.NaN, limit: 150, unit: "ms" }];
    expect(isReached(limitBar({ ...LIMIT, ours: 1, also }))).toBeNull();
    expect(isReached(ratioBar({ ...RATIO, ours: 1, peerValue: Number.NaN }))).toBeNull();
  });

  it("hold an absolute figure as the peer's value, so that the ratio reads alike", () => {
    expect(limitBar({ ...LIMIT, ours: 15 })).toMatchObject({ peer: "limit", peerValue: 30, ratio: 0.5, limit: 1 });
  });
});
