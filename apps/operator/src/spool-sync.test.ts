/** What is durable and when, by Node's own trace of the calls of the file system: a real process, a real disk. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { z } from "zod";
import { temporaryFolder } from "../test/temporary-folder.ts";

const WRITER = fileURLToPath(new URL("../test/spool-writer.ts", import.meta.url));

const Trace = z.object({ traceEvents: z.array(z.looseObject({ cat: z.string(), name: z.string(), ph: z.string() })) });

/** The calls that change a file or make it durable, in their order. */
function callsOf(...args: string[]): string[] {
  const folder = temporaryFolder();
  const trace = join(folder, "trace.json");
  const options = ["--trace-event-categories", "node.fs.sync", "--trace-event-file-pattern", trace];
  const { status, stderr } = spawnSync(process.execPath, [...options, WRITER, join(folder, "entries.jsonl"), ...args]);
  expect([status, stderr.toString()]).toEqual([0, ""]);
  return Trace.parse(JSON.parse(readFileSync(trace, "utf8")))
    .traceEvents.filter(({ name, ph }) => ph === "B" && /^fs\.sync\.(write|fdatasync|fsync)$/.test(name))
    .map(({ name }) => name.slice("fs.sync.".length));
}

test("the turn-end is on the disk before anything else happens; a word before it costs no wait", () => {
  expect(callsOf("3", "end")).toEqual(["write", "write", "write", "write", "write", "fdatasync"]);
  expect(callsOf("3")).toEqual(["write", "write", "write", "write"]);
});
