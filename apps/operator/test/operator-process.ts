/** The operator as it is run: a real process in a folder of its own, which is ended after the test with all its runners. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { isAlive, killGroup, readPidFile } from "../src/process-identity.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

export interface OperatorProcess {
  pid: number;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
  /** stderr so far. */
  log(): string;
}

export interface OperatorSettings {
  hostUrl: string;
  token: string;
  dir: string;
  paceMs?: number;
  env?: Record<string, string>;
  /** A command that runs it, and is replaced by it. */
  within?: string[];
}

export function startOperator(settings: OperatorSettings): OperatorProcess {
  const { hostUrl, token, dir, paceMs = 0, env = {}, within = [] } = settings;
  const [command, ...args] = [...within, process.execPath, MAIN];
  const child: ChildProcess = spawn(command ?? process.execPath, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      PATH: process.env["PATH"] ?? "",
      SIGNALBOX_HOST_URL: hostUrl,
      SIGNALBOX_OPERATOR_TOKEN: token,
      SIGNALBOX_OPERATOR_DIR: dir,
      SIGNALBOX_DEMO_PACE_MS: String(paceMs),
      // In a sandbox wherever one can come up: what a test proves holds with and without.
      SIGNALBOX_SANDBOX: "preferred",
      ...env,
    },
  });
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    log += chunk;
  });
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
    endRunners(dir);
  });
  return { pid: child.pid ?? 0, exited, kill: (signal) => child.kill(signal), log: () => log };
}

/** The turn's spooled entries, as they stand in the file. */
export function spooled(dir: string, turnId: string): unknown[] {
  try {
    return readFileSync(join(dir, "spool", turnId, "entries.jsonl"), "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown);
  } catch {
    return [];
  }
}

export function runnerPid(dir: string, turnId: string): number | null {
  return readPidFile(join(dir, "spool", turnId, "runner.pid"))?.pid ?? null;
}

export function endRunners(dir: string): void {
  if (!existsSync(join(dir, "spool"))) return;
  for (const turnId of readdirSync(join(dir, "spool"), { encoding: "utf8" })) {
    for (const name of ["runner.pid", "agent.pid"]) {
      const identity = readPidFile(join(dir, "spool", turnId, name));
      if (identity && isAlive(identity)) killGroup(identity.pid, "SIGKILL");
    }
  }
}
