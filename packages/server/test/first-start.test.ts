/** A first start that is killed at random moments, again and again: the next start of the same folder works. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";

const START = join(import.meta.dirname, "first-start.ts");
const KILLS = 4;
/** Longer than a first start takes on an idle machine: some kills come while it makes its cluster, some while it migrates. */
const LATEST_KILL_MS = 4_000;

/** Resolves to what it printed, when it is gone. */
async function start(folder: string, killAfterMs: number | null): Promise<string> {
  const child = spawn(process.execPath, [START, folder], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  const over = new AbortController();
  const closed = once(child, "close").finally(() => over.abort());
  if (killAfterMs !== null) {
    await pause(killAfterMs, undefined, { signal: over.signal }).catch(() => {});
    child.kill("SIGKILL");
  }
  await closed;
  return said;
}

it("opens after kills of its first start, with a secret that is whole", async () => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-first-start-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const moments = Array.from({ length: KILLS }, () => Math.round(Math.random() * LATEST_KILL_MS));
  for (const moment of moments) await start(folder, moment);
  expect(await start(folder, null), `killed after ${moments.join(", ")} ms`).toMatch(/^ready [\w-]+\n$/);
  expect((await readFile(join(folder, "secret"), "utf8")).length).toBe(43);
  // It makes a cluster on disk up to five times: seconds each, and many of them on a machine that does much else.
}, 300_000);
