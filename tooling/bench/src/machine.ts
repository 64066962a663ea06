/** The machine that was measured on, and whether it was quiet enough for figures to be trusted. */
import { availableParallelism, cpus, loadavg, release, totalmem, type as osType } from "node:os";

export interface Machine {
  cpu: string;
  cores: number;
  memoryGb: number;
  node: string;
  kernel: string;
  /** Load averages of 1, 5 and 15 minutes before the first measure. */
  load: readonly number[];
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    kernel: `${osType()} ${release()}`,
    load: loadavg(),
  };
}

/** A quarter of a core that others use moves medians by more than the bars are apart. */
const QUIET_LOAD_PER_CORE = 0.25;

/** A warning, or null when the machine was quiet. */
export function warnOfLoad({ load, cores }: Machine): string | null {
  const [now = 0] = load;
  if (now <= QUIET_LOAD_PER_CORE * cores) return null;
  return (
    `The load average was ${now.toFixed(2)} on ${cores} cores before the first measure: others use this machine, ` +
    "latencies and small ratios are not to be trusted."
  );
}

export function machineLine(machine: Machine): string {
  const load = machine.load.map((value) => value.toFixed(2)).join(" ");
  return `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.kernel}, Node ${machine.node}, load ${load}`;
}
