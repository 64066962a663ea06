import { describe, expect, it } from "vitest";
import { barTable, formatFigure, workloadTable } from "./table.ts";
import { limitBar, type WorkloadResult } from "./workload-result.ts";

const RESULT: WorkloadResult = {
  id: "W1",
  title: "fan-out",
  columns: [{ key: "us", label: "µs", digits: 2 }],
  rows: [
    { side: "Signalbox", figures: { us: 1.234 } },
    { side: "other", figures: {} },
  ],
  notes: ["Said plainly."],
  bars: [],
  chart: { key: "us", title: "CPU", unit: "µs" },
};

describe("tables", () => {
  it("are Markdown, with a dash for what was not measured", () => {
    expect(workloadTable(RESULT).split("\n")).toEqual([
      "### W1: fan-out",
      "",
      "|           | µs   |",
      "| --------- | ---- |",
      "| Signalbox | 1.23 |",
      "| other     | –    |",
      "",
      "- Said plainly.",
      "",
    ]);
  });

  it("say of each bar whether it was reached, with a row for each of its conditions", () => {
    const also = [{ what: "p99", ours: 99, limit: 150, unit: "ms" }];
    const text = barTable([limitBar({ bar: "B8", workload: "W7", what: "p50", ours: 60, most: 30, unit: "ms", also })]);
    expect(text).toMatch(/\| B8 .* not reached +\|/);
    expect(text).toMatch(/p99 .* ≤ 150 ms .* ✓ +\|/);
  });

  it.each([
    [0, "0"],
    [0.012345, "0.0123"],
    [12.34, "12.3"],
    [1234.5, "1235"],
    [Number.NaN, "–"],
  ])("write %d as %s", (value, text) => {
    expect(formatFigure(value)).toBe(text);
  });
});
