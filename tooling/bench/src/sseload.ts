/** The load generator `sseload.c`: compiled once, run with the options that the workloads need, its one JSON line read. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { BenchError } from "./bench-error.ts";
import { trackChild } from "./child.ts";
import { CACHE_DIR, childEnvironment } from "./config.ts";

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, "../sseload.c");

/** The program's path. Throws a line that says so when this machine has no C compiler. */
export async function compileSseload(): Promise<string> {
  const hash = createHash("sha256").update(readFileSync(SOURCE)).digest("hex").slice(0, 16);
  const program = join(CACHE_DIR, `sseload-${hash}`);
  if (existsSync(program)) return program;
  mkdirSync(CACHE_DIR, { recursive: true });
  const fresh = `${program}.${process.pid}`;
  try {
    await run("cc", ["-O2", "-w", "-o", fresh, SOURCE, "-lpthread"]);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new BenchError(
      isMissing
        ? "The bench needs a C compiler for its load generator, and there is no `cc` on this machine."
        : `The load generator does not compile: ${String(error)}`,
    );
  }
  renameSync(fresh, program);
  return program;
}

const Quantiles = z.object({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() });
const Memory = z.object({ before: z.number(), open: z.number(), end: z.number(), max: z.number() });
const LoadReport = z.object({
  opened: z.number(),
  failed: z.number(),
  closed: z.number(),
  events: z.number(),
  bytes: z.number(),
  /** Seconds of the watched processes' CPU in the window and its drain. */
  cpu: z.number(),
  lat_ms: Quantiles,
  gaps: z.number(),
  dups: z.number(),
  wall: z.number(),
  connect_cpu_ms_per_conn: z.number(),
  rss_mb: Memory,
});
export type LoadReport = z.infer<typeof LoadReport>;

const ReplayReport = z.object({
  done: z.number(),
  incomplete: z.number(),
  ms_p50: z.number(),
  ms_max: z.number(),
  cpu_ms_per_replay: z.number(),
});
export type ReplayReport = z.infer<typeof ReplayReport>;

/** Where streams are opened, and with which headers. */
export interface StreamTarget {
  urls: readonly string[];
  headers?: Record<string, string>;
}

export interface LoadOptions extends StreamTarget {
  connections: number;
  /** Marker before a decimal time stamp; what it counts are events. */
  stamp: string;
  /** The stamps are epoch milliseconds; otherwise nanoseconds of the monotonic clock. */
  isEpochMs?: boolean;
  /** Marker before a number that grows by one per connection. */
  sequence?: string;
  /** POSTed when all are open and the warm-up is over: the load starts. */
  trigger?: string;
  /** Length of the window. */
  seconds: number;
  /** After the window reading goes on until nothing came for so long (default 1 s), for 60 s at most. */
  idleSeconds?: number;
  /** Only hold the connections, however many of them opened: no drain. */
  isHolding?: boolean;
  /** So many connections stop reading at the start of the window. */
  stalled?: number;
  receiveBuffer?: number;
  pids: readonly number[];
}

/** Ten thousand connections to the slowest peer take most of this. */
const OPEN_WITHIN_SECONDS = 120;

export async function load(program: string, options: LoadOptions): Promise<LoadReport> {
  const args = [
    ...targetArguments(options),
    ...flags({
      "-n": options.connections,
      "--stamp": options.stamp,
      "--warmup": 1,
      "--conc": 64,
      [options.isHolding ? "--hold" : "--duration"]: options.seconds,
      "--drain": 60,
      "--idle": options.idleSeconds ?? 1,
      "--timeout": OPEN_WITHIN_SECONDS,
      "--pid": options.pids.join(","),
    }),
    ...(options.connections > 5_000 ? ["--src-ips", "8"] : []),
    ...(options.isEpochMs ? ["--stamp-epoch-ms"] : []),
    ...(options.sequence ? ["--seq", options.sequence] : []),
    ...(options.trigger ? ["--trigger", options.trigger] : []),
    ...(options.stalled ? ["--stall", String(options.stalled)] : []),
    ...(options.receiveBuffer ? ["--rcvbuf", String(options.receiveBuffer)] : []),
  ];
  const report = LoadReport.parse(await runProgram(program, args));
  if (!options.isHolding && (report.failed > 0 || report.opened < options.connections)) {
    throw new BenchError(`${report.opened} of ${options.connections} streams opened at ${options.urls[0]}.`);
  }
  return report;
}

/** Opens one connection after the other, each until the marker came. Times are from the connect to the marker. */
export async function replay(
  program: string,
  options: StreamTarget & { until: string; rounds: number; pid: number },
): Promise<ReplayReport> {
  const { rounds, until, pid } = options;
  const args = [
    ...targetArguments(options),
    ...flags({ "-n": 1, "--replay": rounds, "--done": until, "--timeout": 20, "--pid": pid }),
  ];
  const report = ReplayReport.parse(await runProgram(program, args));
  if (report.incomplete > 0) throw new BenchError(`${report.incomplete} replays of ${options.urls[0]} never ended.`);
  return report;
}

function targetArguments({ urls, headers = {} }: StreamTarget): string[] {
  return [
    ...urls.flatMap((url) => ["-u", url]),
    ...Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
  ];
}

function flags(values: Record<string, string | number>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [name, String(value)]);
}

/** It exits with 1 when a stream failed; its line tells that too. */
async function runProgram(program: string, args: string[]): Promise<unknown> {
  const running = run(program, args, { env: childEnvironment(), maxBuffer: 1 << 20 });
  trackChild(running.child);
  const { stdout } = await running.catch((error: { stdout?: string }) => {
    if (error.stdout?.startsWith("{")) return { stdout: error.stdout };
    throw error;
  });
  return JSON.parse(stdout);
}
