/** What `docs/fault-matrix.json` holds, and how `docs/guarantees.md` shows it. */
export interface FaultMatrix {
  node: string;
  /** Of each fault and client, so many runs. */
  runs: number;
  /** How long was waited for a client to be whole again, milliseconds. */
  waitedMs: number;
  rows: FaultRow[];
}

export interface FaultRow {
  fault: string;
  stock: FaultOutcome;
  ours: FaultOutcome;
}

export interface FaultOutcome {
  /** Signals that were heard, the least of all runs, of those that were emitted before, during and after the fault. */
  delivered: number;
  expected: number;
  /**
   * From the end of the fault until all that was emitted before it is heard, and a signal that was emitted after it: the
   * median of the runs and the longest, milliseconds. Null when a run was not whole again while it was waited for.
   */
  recoveredMs: { median: number; longest: number } | null;
}

export const TABLE_BEGIN = "<!-- fault matrix: written by `pnpm --filter @signalbox/client fault-matrix` -->";
export const TABLE_END = "<!-- end of the fault matrix -->";

/** Markdown from the one marker to the other. */
export function faultTable({ rows, runs, waitedMs, node }: FaultMatrix): string {
  const lines = rows.map(({ fault, stock, ours }) => `| ${[fault, ...cellsOf(stock), ...cellsOf(ours)].join(" | ")} |`);
  return [
    TABLE_BEGIN,
    "",
    "| fault | stock tRPC client: delivered | whole again after | ours: delivered | whole again after |",
    "| --- | --- | --- | --- | --- |",
    ...lines,
    "",
    `Median and longest of ${runs} runs, Node ${node.replace("v", "")}; "never": not within ${waitedMs / 1_000} s.`,
    "",
    TABLE_END,
  ].join("\n");
}

function cellsOf({ delivered, expected, recoveredMs }: FaultOutcome): string[] {
  const time = recoveredMs ? `${seconds(recoveredMs.median)} s (${seconds(recoveredMs.longest)})` : "never";
  return [`${delivered} of ${expected}`, time];
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

/** The section of a page between the markers; null where they are missing. */
export function tableIn(page: string): string | null {
  const [begin, end] = [page.indexOf(TABLE_BEGIN), page.indexOf(TABLE_END)];
  return begin < 0 || end < begin ? null : page.slice(begin, end + TABLE_END.length);
}
