/** A bar chart per workload as SVG: one colour for ours, one for the peers, readable on a light and on a dark page. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OURS } from "./bench-run.ts";
import { formatFigure } from "./table.ts";
import type { WorkloadResult } from "./workload-result.ts";

const WIDTH = 640;
const LABELS = 190;
const ROW = 34;
const TOP = 52;
/** For the figure behind the longest bar. */
const RIGHT = 110;

export function writeCharts(results: readonly WorkloadResult[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const result of results) writeFileSync(join(folder, `${result.id.toLowerCase()}.svg`), drawChart(result));
}

export function drawChart({ chart, rows }: WorkloadResult): string {
  const bars = rows.flatMap(({ side, figures }) => {
    const value = figures[chart.key];
    return value === undefined || Number.isNaN(value) ? [] : [{ side, value: Math.max(0, value) }];
  });
  const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const height = TOP + bars.length * ROW + 12;
  const drawn = bars.map(({ side, value }, index) => {
    const y = TOP + index * ROW;
    const width = Math.max(2, (value / most) * (WIDTH - LABELS - RIGHT));
    return [
      `<text class="label" x="${LABELS - 12}" y="${y + 16}" text-anchor="end">${escapeXml(side)}</text>`,
      `<rect class="${side.startsWith(OURS) ? "ours" : "peer"}" x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="22" rx="4"/>`,
      `<text class="figure" x="${(LABELS + width + 8).toFixed(1)}" y="${y + 16}">${formatFigure(value)} ${escapeXml(chart.unit)}</text>`,
    ].join("\n");
  });
  const described = bars.map(({ side, value }) => `${side} ${formatFigure(value)} ${chart.unit}`).join("; ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escapeXml(chart.title)}</title>
<desc>${escapeXml(described)}. Shorter is better.</desc>
<style>
text { font: 14px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; }
.figure { font-variant-numeric: tabular-nums; }
.ours { fill: #2563eb; }
.peer { fill: #8c959f; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.ours { fill: #60a5fa; }
.peer { fill: #6e7681; }
}
</style>
<text class="title" x="12" y="26">${escapeXml(chart.title)} (shorter is better)</text>
${drawn.join("\n")}
</svg>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
