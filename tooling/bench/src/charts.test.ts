import { describe, expect, it } from "vitest";
import { drawChart } from "./charts.ts";
import type { WorkloadResult } from "./workload-result.ts";

function result(rows: WorkloadResult["rows"]): WorkloadResult {
  const chart = { key: "us", title: "CPU <per> delivery", unit: "µs" };
  return { id: "W1", title: "", columns: [], rows, notes: [], bars: [], chart };
}

describe("a chart", () => {
  it("has a bar for each side that was measured, in its colour, and says the figures in words too", () => {
    const svg = drawChart(
      result([
        { side: "Signalbox", figures: { us: 2 } },
        { side: "raw", figures: { us: 8 } },
        { side: "never ran", figures: {} },
      ]),
    );
    expect(svg.match(/<rect class="ours"/g)).toHaveLength(1);
    expect(svg.match(/<rect class="peer"/g)).toHaveLength(1);
    expect(svg).toContain("<desc>Signalbox 2 µs; raw 8 µs. Shorter is better.</desc>");
    expect(svg).toContain("CPU &lt;per&gt; delivery");
    expect(svg).toContain("prefers-color-scheme: dark");
  });

  it("draws the longest bar for the largest figure", () => {
    const svg = drawChart(
      result([
        { side: "a", figures: { us: 1 } },
        { side: "b", figures: { us: 4 } },
      ]),
    );
    const [short = 0, long = 0] = [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
    expect(long).toBeCloseTo(short * 4, 0);
  });
});
