/** Runs scenarios on a bed, each with the round's seed, and puts the bed right again after one that broke. */
import { cpSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { makeBed, type Bed, type BedOptions } from "./bed.ts";
import { describeError } from "./chaos-error.ts";
import type { Verdict } from "./judge.ts";
import type { Scenario } from "./scenario.ts";
import { createStage, type Size } from "./stage.ts";

export interface TourRun {
  scenario: Scenario;
  seed: number;
  seconds: number;
  verdicts: Verdict[];
  /** Why it came to no verdict; null when it did. */
  broke: string | null;
  /** Where the logs and spools of a failed run are kept. */
  keptIn: string | null;
}

export async function runScenario(options: {
  scenario: Scenario;
  bed: Bed;
  seed: number;
  size: Size;
  /** Where a failed run's folder is copied to. */
  keepIn: string | null;
}): Promise<TourRun> {
  const { scenario, bed, seed, size, keepIn } = options;
  const startedAt = performance.now();
  const stage = createStage({ bed, seed, size });
  let verdicts: Verdict[] = [];
  let broke: string | null = null;
  let keptIn: string | null = null;
  try {
    verdicts = await scenario.run(stage);
  } catch (error) {
    broke = describeError(error);
  }
  if (keepIn !== null && (broke !== null || verdicts.some(({ faults }) => faults.length > 0))) {
    keptIn = join(keepIn, `${scenario.id}-${seed}`);
    cpSync(bed.folder, keptIn, { recursive: true, filter: isEvidence });
  }
  try {
    await mend(bed);
    await stage.close();
  } catch (error) {
    broke ??= describeError(error);
  }
  return { scenario, seed, seconds: (performance.now() - startedAt) / 1_000, verdicts, broke, keptIn };
}

/** Logs, spools and the store; not what the agents worked on, and no sockets. */
function isEvidence(path: string): boolean {
  const stat = lstatSync(path);
  return (stat.isFile() || stat.isDirectory()) && !path.includes("workspaces");
}

/** A scenario of a killed store needs a bed of its own. */
export async function runOnOwnBed(
  options: Omit<Parameters<typeof runScenario>[0], "bed"> & { bedOptions: BedOptions },
): Promise<TourRun> {
  const { bedOptions, ...run } = options;
  let bed: Bed;
  try {
    bed = await makeBed(bedOptions);
  } catch (error) {
    const { scenario, seed } = run;
    return { scenario, seed, seconds: 0, verdicts: [], broke: describeError(error), keptIn: null };
  }
  try {
    return await runScenario({ ...run, bed });
  } finally {
    await bed.close();
  }
}

/** The first host up and alone, the readers' and the operators' ways to it free. */
async function mend(bed: Bed): Promise<void> {
  bed.readerProxy.heal();
  bed.readerProxy.retarget(bed.host.url);
  if (bed.otherHost.isUp()) await bed.otherHost.end();
  if (!bed.host.isUp()) await bed.host.start();
  bed.hub?.retarget(bed.host.url);
  if (bed.hub && !bed.hub.isUp()) await bed.hub.start();
}
