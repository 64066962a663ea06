/** Results as Markdown tables: readable in a terminal, and in a document as they are. */
import { isReached, type Bar, type WorkloadResult } from "./workload-result.ts";

export function workloadTable({ id, title, columns, rows, notes }: WorkloadResult): string {
  const head = ["", ...columns.map((column) => column.label)];
  const body = rows.map(({ side, figures }) => [
    side,
    ...columns.map(({ key, digits }) => formatFigure(figures[key] ?? Number.NaN, digits)),
  ]);
  return [`### ${id}: ${title}`, "", table([head, ...body]), "", ...notes.map((note) => `- ${note}`), ""].join("\n");
}

export function barTable(bars: readonly Bar[]): string {
  const head = ["bar", "workload", "what", "ours", "peer", "its value", "ratio", "to reach", ""];
  const rows = bars.flatMap((bar) => [
    [
      bar.bar,
      bar.workload,
      bar.what,
      `${formatFigure(bar.ours)} ${bar.unit}`.trim(),
      bar.peer,
      `${formatFigure(bar.peerValue)} ${bar.unit}`.trim(),
      formatFigure(bar.ratio, 2),
      `≤ ${bar.limit} ×`,
      verdict(isReached(bar), bar.beyond !== null && bar.ratio <= bar.beyond),
    ],
    ...bar.also.map(({ what, ours, limit, unit }) => [
      "",
      "",
      what,
      `${formatFigure(ours)} ${unit}`.trim(),
      "",
      "",
      "",
      `≤ ${limit} ${unit}`.trim(),
      Number.isNaN(ours) ? "not measured" : ours <= limit ? "✓" : "✗",
    ]),
  ]);
  return table([head, ...rows]);
}

function verdict(reached: boolean | null, isBeyond: boolean): string {
  if (reached === null) return "not measured";
  if (!reached) return "not reached";
  return isBeyond ? "reached, and beyond" : "reached";
}

/** Three significant digits where none are asked for. */
export function formatFigure(value: number, digits?: number): string {
  if (Number.isNaN(value)) return "–";
  if (digits !== undefined) return value.toFixed(digits);
  if (value === 0 || Math.abs(value) >= 100) return value.toFixed(0);
  return String(Number(value.toPrecision(3)));
}

function table(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => pad(cells[column] ?? "", width)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body.map(line)].join("\n");
}

function pad(text: string, width: number): string {
  return text + " ".repeat(width - text.length);
}
