/** Processes that the bench starts: each is ready when its stdout says so, and is ended by its id. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { BenchError } from "./bench-error.ts";
import { childEnvironment, ROOT } from "./config.ts";

export interface Child {
  pid: number;
  /** The line that said that it is ready. */
  readyLine: string;
  /** Ends it and waits for its end. Further calls wait for the same end. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** A start that takes longer hangs. */
const READY_WITHIN_MS = 120_000;
/** A process that does not end when it is asked to is killed after this. */
const STOP_WITHIN_MS = 6_000;
/** Of what a process writes to stderr only the end is told when it fails. */
const STDERR_KEPT = 2_000;

const alive = new Set<ChildProcess>();

export async function startNode(options: {
  name: string;
  entry: string;
  args?: string[];
  environment?: Record<string, string>;
  ready: RegExp;
}): Promise<Child> {
  const { name, entry, args = [], environment = {}, ready } = options;
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: ROOT,
    env: childEnvironment(environment),
    stdio: ["ignore", "pipe", "pipe"],
  });
  trackChild(child);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  const ended = once(child, "exit");
  const readyLine = await new Promise<string>((resolve, reject) => {
    const fail = (why: string) => reject(new BenchError(`${name} ${why}. ${stderr.trim()}`));
    const timer = setTimeout(() => {
      fail("did not start in time");
      child.kill("SIGKILL");
    }, READY_WITHIN_MS);
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (!ready.test(line)) return;
      clearTimeout(timer);
      resolve(line);
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(`ended with ${code} before it was ready`);
    });
  });
  return {
    pid: child.pid ?? 0,
    readyLine,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Has a process that was started elsewhere killed with the others. */
export function trackChild(child: ChildProcess): void {
  alive.add(child);
  child.once("exit", () => alive.delete(child));
}

/** Kills what is still running: for the bench's own end. Who waits for one of them fails, and cleans up. */
export function killChildren(): void {
  for (const child of alive) child.kill("SIGKILL");
}

/** Runs a program to its end and answers with its stdout. Throws when it fails. */
export async function runNode(entry: string, args: string[], environment: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: ROOT,
    env: childEnvironment(environment),
    stdio: ["ignore", "pipe", "pipe"],
  });
  trackChild(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new BenchError(`${args.slice(0, 2).join(" ")} failed: ${stderr.trim().slice(-STDERR_KEPT)}`);
  return stdout;
}
