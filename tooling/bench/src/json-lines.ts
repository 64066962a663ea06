/** The results for scripts: one line per bar. */
import { writeFileSync } from "node:fs";
import { isReached, type Bar } from "./workload-result.ts";

export function writeJsonLines(bars: readonly Bar[], file: string): void {
  writeFileSync(file, bars.map((bar) => `${JSON.stringify(jsonOf(bar))}\n`).join(""));
}

/** What could not be measured is null. */
function jsonOf(bar: Bar) {
  const { bar: name, workload, ours, peer, peerValue, unit, ratio, what, limit, also } = bar;
  return { bar: name, workload, ours, peer, peerValue, unit, ratio, what, limit, reached: isReached(bar), also };
}
