import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { until } from "../../test/until.ts";
import { OUTPUT_MAX_BYTES, runCommand, type CommandResult } from "./run-command.ts";

function run(
  command: string,
  cwd: string,
  signal = new AbortController().signal,
  timeoutMs = 30_000,
): Promise<CommandResult> {
  return runCommand({ command, cwd, env: { PATH: process.env["PATH"] ?? "" }, timeoutMs, signal });
}

test("a command's output and exit code come back", async () => {
  const result = await run("echo out; echo err >&2; exit 3", temporaryFolder());
  expect(result).toEqual({ stdout: "out\n", stderr: "err\n", exitCode: 3, droppedBytes: 0, isTimedOut: false });
});

test("output beyond the bound is counted and dropped", async () => {
  const result = await run(`head -c ${OUTPUT_MAX_BYTES + 1_000} /dev/zero | tr '\\0' x`, temporaryFolder());
  expect(result.stdout).toHaveLength(OUTPUT_MAX_BYTES);
  expect(result.droppedBytes).toBe(1_000);
});

test("a command that takes too long is ended, and so is what it started and what ignores a polite end", async () => {
  const cwd = temporaryFolder();
  const result = await run("trap '' TERM; sleep 300 & echo $! > child; sleep 300; sleep 300", cwd, undefined, 300);
  expect(result).toMatchObject({ isTimedOut: true });
  await untilGone(cwd);
});

test("a cancel ends the command with its children", async () => {
  const cwd = temporaryFolder();
  const cancel = new AbortController();
  const running = run("sleep 300 & echo $! > child; wait", cwd, cancel.signal);
  await until("it runs", () => existsSync(join(cwd, "child")) && readFileSync(join(cwd, "child"), "utf8") !== "");
  cancel.abort();
  await expect(running).rejects.toThrow("aborted");
  await untilGone(cwd);
});

test("a child that is left in the background holds nothing up, and is ended", async () => {
  const cwd = temporaryFolder();
  expect(await run("sleep 300 & echo $! > child; echo done", cwd)).toMatchObject({ stdout: "done\n", exitCode: 0 });
  await untilGone(cwd);
});

function untilGone(cwd: string): Promise<boolean> {
  const pid = Number(readFileSync(join(cwd, "child"), "utf8"));
  return until("the child is gone", () => {
    try {
      return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return true;
    }
  });
}
