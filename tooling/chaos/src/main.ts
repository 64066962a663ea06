/**
 * `pnpm chaos`: the failure matrix over real processes, round after round, with a seed for each. Prints each run, then a table;
 * exits with 1 when a promise was broken.
 */
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeBed } from "./bed.ts";
import { ChaosError } from "./chaos-error.ts";
import { readOptions, repeatLine, type Options } from "./options.ts";
import { killChildren } from "./processes.ts";
import { isThere, type Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import { createTally, toJsonLines, toTable, type Tally } from "./tally.ts";
import { runOnOwnBed, runScenario, type TourRun } from "./tour.ts";

const MINUTE_MS = 60_000;
/** A broken promise is to be looked into; hundreds of kept folders would fill the disk. */
const KEPT_MAX = 5;

/** False: a promise was broken, or a scenario could not be run. */
async function chaos(options: Options): Promise<boolean> {
  const chosen = choose(options);
  const tally = createTally(chosen);
  say(
    `Chaos on ${options.isPostgres ? "PostgreSQL" : "the embedded store"} over ${options.link === "pubsub" ? "Web PubSub" : "WebSocket"}, first seed ${options.seed}, ${chosen.length} scenarios.`,
  );
  const report = (): void => {
    process.stdout.write(`${toTable(tally.rows())}\n`);
    if (options.jsonFile) writeFileSync(options.jsonFile, toJsonLines(tally.rows()));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      killChildren();
      report();
      process.exit(1);
    });
  }
  try {
    await runRounds(options, chosen, tally);
  } finally {
    // Also of a run that ends early: what never ran has not passed.
    report();
  }
  return tally.rows().every(({ passed }) => passed);
}

async function runRounds(options: Options, chosen: readonly Scenario[], tally: Tally): Promise<void> {
  /** Made when there is something to keep. */
  const folder = join(tmpdir(), `signalbox-chaos-failed-${process.pid}-${options.seed}`);
  let kept = 0;
  const endAt = performance.now() + (options.minutes ?? 0) * MINUTE_MS;
  const isTimeLeft = (): boolean => options.minutes !== null && performance.now() < endAt;
  const note = (run: TourRun): void => {
    if (run.broke === null) tally.add(run.scenario, run.verdicts);
    else tally.broke(run.scenario);
    if (run.keptIn) kept += 1;
    tell(run, options);
  };
  const bed = await makeBed(options);
  try {
    for (let round = 0; round === 0 || isTimeLeft(); round += 1) {
      const seed = (options.seed + round) >>> 0;
      const shared = () => ({ seed, size: options.size, keepIn: kept < KEPT_MAX ? folder : null });
      // What waits for leases waits together.
      const slow = chosen.filter(({ isSlow }) => isSlow);
      for (const run of await Promise.all(slow.map((scenario) => runScenario({ scenario, bed, ...shared() }))))
        note(run);
      for (const scenario of chosen) {
        if (scenario.isSlow || (round > 0 && !isTimeLeft())) continue;
        note(
          scenario.isClusterKilled
            ? await runOnOwnBed({ scenario, bedOptions: { ...options, isCluster: true }, ...shared() })
            : await runScenario({ scenario, bed, ...shared() }),
        );
      }
    }
  } finally {
    await bed.close();
  }
}

function choose(options: Options): readonly Scenario[] {
  const { scenarios } = options;
  const unknown = scenarios?.filter((id) => !SCENARIOS.some((scenario) => scenario.id === id)) ?? [];
  if (unknown.length > 0)
    throw new ChaosError(`There is no scenario ${unknown.join(", ")}: ${SCENARIOS.map(({ id }) => id).join(", ")}.`);
  const chosen = SCENARIOS.filter((scenario) =>
    scenarios ? scenarios.includes(scenario.id) : isThere(scenario, options),
  );
  const misplaced = chosen.find((scenario) => !isThere(scenario, options));
  if (misplaced)
    throw new ChaosError(`${misplaced.id} needs ${misplaced.needs === "pubsub" ? "--link pubsub" : "--postgres"}.`);
  return chosen;
}

function tell(run: TourRun, options: Options): void {
  const { scenario, seed, seconds, verdicts, broke, keptIn } = run;
  const faults = [...(broke === null ? [] : [broke]), ...verdicts.flatMap((verdict) => verdict.faults)];
  say(`${faults.length === 0 ? "✓" : "✗"} ${scenario.id} seed ${seed} (${seconds.toFixed(1)} s) ${scenario.failure}`);
  if (faults.length === 0) return;
  for (const fault of faults) say(`    ${fault}`);
  if (keptIn) say(`    kept: ${keptIn}`);
  say(`    again: ${repeatLine(options, scenario.id, seed)}`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  const options = readOptions(process.argv.slice(2), () => Math.floor(Math.random() * 1_000_000));
  process.exitCode = (await chaos(options)) ? 0 : 1;
} catch (error) {
  say(error instanceof ChaosError ? error.message : String((error as Error).stack ?? error));
  process.exitCode = 1;
} finally {
  killChildren();
}
