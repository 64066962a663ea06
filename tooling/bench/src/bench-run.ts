/** What every workload is given: the options, the load generator, and whom to tell how far it is. */
import type { Options } from "./options.ts";
import { medians, type Figures } from "./statistics.ts";
import type { WorkloadResult } from "./workload-result.ts";
import { say } from "./progress.ts";

export interface BenchRun {
  options: Options;
  /** The compiled `sseload`. */
  program: string;
  /** Aborts when the bench is to end. */
  ending: AbortSignal;
}

export interface Workload {
  /** `W1`, … */
  id: string;
  run(run: BenchRun): Promise<WorkloadResult>;
}

export const OURS = "Signalbox";

/**
 * Runs the sides in turn, round after round, so that what else the machine does hits all of them alike; answers with each
 * side's medians.
 */
export async function interleave(
  { options }: BenchRun,
  sides: readonly { side: string; measure(): Promise<Figures> }[],
): Promise<{ side: string; figures: Figures }[]> {
  const rounds = sides.map((): Figures[] => []);
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const [index, { side, measure }] of sides.entries()) {
      const figures = await measure();
      rounds[index]?.push(figures);
      say(`  round ${round}, ${side}: ${Object.entries(figures).map(toText).join(", ")}`);
    }
  }
  return sides.map(({ side }, index) => ({ side, figures: medians(rounds[index] ?? []) }));
}

function toText([name, value]: [string, number]): string {
  return `${name} ${Number(value.toPrecision(4))}`;
}

/** One figure of one side; NaN when it was not measured. */
export function figureOf(rows: readonly { side: string; figures: Figures }[], side: string, name: string): number {
  return rows.find((row) => row.side === side)?.figures[name] ?? Number.NaN;
}
