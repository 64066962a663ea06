import { describe, expect, it } from "vitest";
import { median, medians, quantile } from "./statistics.ts";

describe("statistics", () => {
  it("takes the middle of an odd number of values and the mean of the middle two of an even one", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it("has no median of nothing", () => {
    expect(median([])).toBeNaN();
  });

  it("takes quantiles by the nearest rank", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(quantile(hundred, 0.5)).toBe(50);
    expect(quantile(hundred, 0.99)).toBe(99);
    expect(quantile([7], 0.99)).toBe(7);
  });

  it("takes the median of each figure over the rounds, of those rounds that have it", () => {
    expect(medians([{ a: 1, b: 10 }, { a: 3 }, { a: 2, b: Number.NaN }])).toEqual({ a: 2, b: 10 });
  });
});
