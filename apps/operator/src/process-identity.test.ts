import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { until } from "../test/until.ts";
import { claimPidFile, identityOf, isAlive, readPidFile } from "./process-identity.ts";

const SLEEPER = ["-e", "setTimeout(() => {}, 60_000)"];

test("a process is known again by its start, so that a reused id is another process", () => {
  const self = identityOf(process.pid);
  expect(self && isAlive(self)).toBe(true);
  expect(isAlive({ pid: process.pid, startedAt: "some other start" })).toBe(false);
  expect(identityOf(2 ** 30)).toBeNull();
});

test("a process that has ended is not alive, also while nobody has reaped it", async () => {
  const parent = spawn(process.execPath, [
    "-e",
    `const child = require("node:child_process").spawn(process.execPath, ${JSON.stringify(SLEEPER)});
     console.log(child.pid); child.kill("SIGKILL"); for (;;);`,
  ]);
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(line.toString());
  await until("the child counts as dead", () => identityOf(pid) === null);
});

test("a pid file is claimed by one, and read back whole", () => {
  const path = join(temporaryFolder(), "runner.pid");
  const self = identityOf(process.pid);
  if (!self) throw new Error("no identity");
  expect(claimPidFile(path, self)).toBe(true);
  expect(claimPidFile(path, { pid: 1, startedAt: "x" })).toBe(false);
  expect(readPidFile(path)).toEqual(self);
});

test.each(["", "abc", "12", "-5\nx"])("a file that is no pid file (%j) names nobody", (content) => {
  const path = join(temporaryFolder(), "runner.pid");
  writeFileSync(path, content);
  expect(readPidFile(path)).toBeNull();
  expect(readPidFile(`${path}.missing`)).toBeNull();
});
