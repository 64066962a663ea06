/** Processes under chaos: started in their own group's name, logged to a file, killed by their id, and none left behind. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { ChaosError } from "./chaos-error.ts";
import { childEnvironment, ROOT } from "./config.ts";

export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ManagedProcess {
  readonly pid: number;
  readonly exited: Promise<ProcessExit>;
  isRunning(): boolean;
  /** Sends the signal; nothing when it has ended. */
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
}

/** Of a program's stderr only the end is told when it fails. */
const STDERR_KEPT = 2_000;

const alive = new Set<ChildProcess>();

/** Output goes to a file and not a pipe: a pipe would break with us, and the process with it. */
export function startNode(options: {
  entry: string;
  environment: Record<string, string>;
  logFile: string;
}): ManagedProcess {
  const log = openSync(options.logFile, "a");
  const child = spawn(process.execPath, [options.entry], {
    cwd: ROOT,
    env: childEnvironment(options.environment),
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  alive.add(child);
  let isRunning = true;
  const exited = new Promise<ProcessExit>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      isRunning = false;
      alive.delete(child);
      resolve({ code, signal });
    };
    child.once("exit", end);
    child.once("error", () => end(null, null));
  });
  return {
    pid: child.pid ?? 0,
    exited,
    isRunning: () => isRunning,
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** Runs a program to its end and answers with its stdout. Throws when it fails. */
export async function runNode(entry: string, args: string[], environment: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: ROOT,
    env: childEnvironment(environment),
    stdio: ["ignore", "pipe", "pipe"],
  });
  alive.add(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
  const [code] = (await once(child, "close")) as [number | null];
  alive.delete(child);
  if (code !== 0) throw new ChaosError(`${args.slice(0, 2).join(" ")} failed: ${stderr.trim().slice(-STDERR_KEPT)}`);
  return stdout;
}

/** For the end of the suite itself. */
export function killChildren(): void {
  for (const child of alive) child.kill("SIGKILL");
}

/**
 * Sends a signal to a process that somebody else started, if it is still the one that the file means: its command line must
 * name `mark`. False: it is gone.
 */
export function signalByPidFile(pidFile: string, mark: string, signal: NodeJS.Signals): boolean {
  const pid = pidIn(pidFile);
  if (pid === null || !commandLineOf(pid).includes(mark)) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

export function isRunningByPidFile(pidFile: string, mark: string): boolean {
  const pid = pidIn(pidFile);
  return pid !== null && commandLineOf(pid).includes(mark);
}

export function pidIn(pidFile: string): number | null {
  if (!existsSync(pidFile)) return null;
  const pid = Number(readFileSync(pidFile, "utf8").split("\n")[0]);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
}

/** Empty for a process that is gone, and for a zombie. */
function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
