/** Runs one shell command with a bound on its time and output. Its whole process group ends with it. */
import { spawn } from "node:child_process";
import { killGroup } from "../process-identity.ts";

export const COMMAND_TIMEOUT_MS = 60_000;
export const COMMAND_TIMEOUT_MAX_MS = 600_000;
/** Of each of stdout and stderr, the beginning; the rest is counted and dropped. */
export const OUTPUT_MAX_BYTES = 32 * 1024;
/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 500;

export interface CommandOptions {
  command: string;
  cwd: string;
  env: Record<string, string>;
  timeoutMs: number;
  signal: AbortSignal;
}

export interface CommandResult {
  stdout: string;
  stderr: string;
  /** Null when it was ended by a signal. */
  exitCode: number | null;
  /** Bytes that were dropped, over both streams. */
  droppedBytes: number;
  isTimedOut: boolean;
}

export function runCommand({ command, cwd, env, timeoutMs, signal }: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn("/bin/sh", ["-c", command], { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const { pid } = child;
    let isTimedOut = false;
    let hardKill: NodeJS.Timeout | undefined;
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);

    function kill(): void {
      if (pid === undefined) return;
      killGroup(pid, "SIGTERM");
      hardKill ??= setTimeout(() => killGroup(pid, "SIGKILL"), GRACE_MS);
    }
    const timer = setTimeout(() => {
      isTimedOut = true;
      kill();
    }, timeoutMs);
    signal.addEventListener("abort", kill, { once: true });

    function release(): void {
      clearTimeout(timer);
      clearTimeout(hardKill);
      signal.removeEventListener("abort", kill);
      // What the command left running in its group has no one to stop it any more.
      if (pid !== undefined) killGroup(pid, "SIGKILL");
    }
    child.once("error", (error) => {
      release();
      reject(error);
    });
    // A grandchild may hold the pipes open for ever: the command's own exit counts, with what has arrived by then.
    child.once("exit", (exitCode) => {
      setImmediate(() => {
        release();
        if (signal.aborted)
          return reject(signal.reason instanceof Error ? signal.reason : new Error("The command was cancelled."));
        resolve({
          stdout: stdout.text(),
          stderr: stderr.text(),
          exitCode,
          droppedBytes: stdout.dropped() + stderr.dropped(),
          isTimedOut,
        });
      });
    });
  });
}

function collect(stream: NodeJS.ReadableStream): { text(): string; dropped(): number } {
  const chunks: Buffer[] = [];
  let kept = 0;
  let dropped = 0;
  stream.on("data", (chunk: Buffer) => {
    const part = chunk.subarray(0, Math.max(0, OUTPUT_MAX_BYTES - kept));
    if (part.length > 0) chunks.push(part);
    kept += part.length;
    dropped += chunk.length - part.length;
  });
  stream.on("error", () => {});
  return { text: () => Buffer.concat(chunks).toString("utf8"), dropped: () => dropped };
}
