/** What a workload found: a row of figures per side, and what they say about the bars. */
import type { Figures } from "./statistics.ts";

export interface Column {
  key: string;
  label: string;
  digits: number;
}

export interface WorkloadResult {
  /** `W1`, … */
  id: string;
  title: string;
  columns: Column[];
  rows: { side: string; figures: Figures }[];
  /** What a reader of the figures has to know. */
  notes: string[];
  bars: Bar[];
  /** The column that the chart draws. */
  chart: { key: string; title: string; unit: string };
}

/** One condition of a bar. Reached when `ours` is at most `limit`. */
export interface Condition {
  what: string;
  ours: number;
  limit: number;
  unit: string;
}

export interface Bar {
  /** `B1`, … as in `docs/performance.md`. */
  bar: string;
  workload: string;
  what: string;
  ours: number;
  /** Who was measured beside us; `limit` when the bar is an absolute figure. */
  peer: string;
  peerValue: number;
  unit: string;
  /** ours / peerValue. */
  ratio: number;
  /** The most that `ratio` may be. */
  limit: number;
  /** Below this the bar's second step is reached too; null when it has none. */
  beyond: number | null;
  also: Condition[];
}

/** Null when something of it could not be measured. */
export function isReached(bar: Bar): boolean | null {
  const pairs = [{ ours: bar.ratio, limit: bar.limit }, ...bar.also];
  if (pairs.some(({ ours }) => Number.isNaN(ours))) return null;
  return pairs.every(({ ours, limit }) => ours <= limit);
}

/** A bar against a peer of the same run. */
export function ratioBar(bar: Omit<Bar, "ratio" | "also" | "beyond"> & { also?: Condition[]; beyond?: number }): Bar {
  return { also: [], beyond: null, ...bar, ratio: bar.ours / bar.peerValue };
}

/** A bar that is a figure of its own: `peerValue` is the figure. */
export function limitBar(bar: {
  bar: string;
  workload: string;
  what: string;
  ours: number;
  most: number;
  unit: string;
  also?: Condition[];
}): Bar {
  const { most, ...rest } = bar;
  return { also: [], ...rest, peer: "limit", peerValue: most, ratio: bar.ours / most, limit: 1, beyond: null };
}
