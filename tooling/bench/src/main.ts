/** `pnpm bench`: the built product beside its peers in one run, as tables of figures and of the bars that they reach. */
import { loadavg } from "node:os";
import { BenchError } from "./bench-error.ts";
import type { Workload } from "./bench-run.ts";
import { writeCharts } from "./charts.ts";
import { killChildren } from "./child.ts";
import { writeJsonLines } from "./json-lines.ts";
import { describeMachine, machineLine, warnOfLoad } from "./machine.ts";
import { readOptions, type Options } from "./options.ts";
import { say } from "./progress.ts";
import { burst } from "./signals/burst.ts";
import { fanOut } from "./signals/fan-out.ts";
import { idle, idleLarge } from "./signals/idle.ts";
import { refetch } from "./signals/refetch.ts";
import { singleSignal } from "./signals/single-signal.ts";
import { slowReaders } from "./signals/slow-readers.ts";
import { compileSseload } from "./sseload.ts";
import { longTurn } from "./turns/long-turn.ts";
import { replayed } from "./turns/replay.ts";
import { restart } from "./turns/restart.ts";
import { turnStreams } from "./turns/turn-streams.ts";
import { barTable, workloadTable } from "./table.ts";
import type { WorkloadResult } from "./workload-result.ts";

const SUITES: Record<"signals" | "turns", readonly Workload[]> = {
  signals: [refetch, fanOut, singleSignal, burst, idle, idleLarge, slowReaders],
  turns: [turnStreams, replayed, restart, longTurn],
};

async function bench(options: Options, ending: AbortSignal): Promise<void> {
  const program = await compileSseload();
  const machine = describeMachine();
  const print = (text: string) => void process.stdout.write(`${text}\n`);
  print(`# Signalbox bench, ${options.isPostgres ? "PostgreSQL" : "embedded store"}, ${new Date().toISOString()}\n`);
  print(`${machineLine(machine)}; ${options.rounds} rounds, medians\n`);
  const warning = warnOfLoad(machine);
  if (warning) print(`> ${warning}\n`);
  if (options.isQuick)
    print("> A quick run, for whoever works on the bench: too small and too short to prove anything.\n");

  const workloads = options.suites
    .flatMap((suite) => SUITES[suite])
    .filter(({ id }) => (options.only ? options.only.includes(id) : id !== idleLarge.id || options.isLarge));
  const results: WorkloadResult[] = [];
  const failed: string[] = [];
  for (const workload of workloads) {
    if (ending.aborted) {
      failed.push(workload.id);
      continue;
    }
    say(`${workload.id} …`);
    try {
      const result = await workload.run({ options, program, ending });
      result.notes.push(
        `Load average of the last minute when it ended: ${loadavg()[0]?.toFixed(1)}; the bench's own part is in it.`,
      );
      results.push(result);
      print(workloadTable(result));
    } catch (error) {
      // The others are still worth their time.
      failed.push(workload.id);
      print(`### ${workload.id}: failed\n\n${describeError(error)}\n`);
    }
  }
  const bars = results.flatMap((result) => result.bars);
  print(`## Bars\n\n${barTable(bars)}\n`);
  if (options.jsonFile) writeJsonLines(bars, options.jsonFile);
  if (options.chartsDir) writeCharts(results, options.chartsDir);
  if (failed.length > 0) throw new BenchError(`Not measured: ${failed.join(", ")}.`);
}

/** With what lies behind it: `fetch failed` alone says nothing. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause ? `${error.message} (${describeError(error.cause)})` : error.message;
}

const AGAIN_AFTER_MS = 1_000;
const ending = new AbortController();
let endedAt = 0;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (ending.signal.aborted) {
      // Whoever wraps this process may hand the same signal on twice.
      if (performance.now() - endedAt > AGAIN_AFTER_MS) process.exit(1);
      return;
    }
    endedAt = performance.now();
    ending.abort();
    // The workload under way fails by it, and takes its folder and its database with it.
    killChildren();
  });
}
try {
  await bench(readOptions(process.argv.slice(2)), ending.signal);
} catch (error) {
  process.stderr.write(`${error instanceof BenchError ? error.message : String((error as Error).stack ?? error)}\n`);
  process.exitCode = 1;
} finally {
  killChildren();
}
