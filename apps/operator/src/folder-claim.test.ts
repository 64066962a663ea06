import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { until } from "../test/until.ts";
import { claimAfter, readClaims, successorOf, tryClaim } from "./folder-claim.ts";
import { identityOf, readPidFile, type ProcessIdentity } from "./process-identity.ts";

const STARTER = fileURLToPath(new URL("../test/folder-starter.ts", import.meta.url));
const STARTERS = ["a", "b", "c", "d"];
const DEAD = "4194303\nof another boot\n";

function thisProcess(): ProcessIdentity {
  const self = identityOf(process.pid);
  if (!self) throw new Error("This process has no identity.");
  return self;
}

function startStarters(folder: string, rounds: number): Map<string, number> {
  return new Map(
    STARTERS.map((name) => {
      const child = spawn(process.execPath, [STARTER, folder, String(rounds), name], { stdio: "ignore" });
      onTestFinished(async () => {
        const exited = once(child, "exit");
        if (child.kill("SIGKILL")) await exited;
      });
      return [name, child.pid ?? 0];
    }),
  );
}

// Each that had read a dead daemon's id once removed the file and claimed it: the second removed the first one's claim.
test("of several starters at once one has the folder, whatever a dead daemon left there", async () => {
  const folder = temporaryFolder();
  const rounds = 60;
  const pids = startStarters(folder, rounds);
  for (let round = 0; round < rounds; round += 1) {
    const dir = join(folder, String(round));
    mkdirSync(dir);
    // Nothing, a dead daemon's file, and one that a loss of power left empty.
    const left = [null, DEAD, ""][round % 3] ?? null;
    if (left !== null) writeFileSync(join(dir, "daemon.pid"), left);
    writeFileSync(join(dir, "go"), "");
    const said = await until("all have tried", () => {
      const names = readdirSync(dir).filter((name) => /\.(won|lost)$/.test(name));
      return names.length === STARTERS.length ? names : null;
    });
    const winners = said.filter((name) => name.endsWith(".won"));
    expect(winners).toHaveLength(1);
    expect(readPidFile(join(dir, "daemon.pid"))?.pid).toBe(pids.get(winners[0]?.split(".")[0] ?? ""));
    expect(readdirSync(dir).filter((name) => name.startsWith("daemon.pid"))).toEqual(["daemon.pid"]);
  }
});

test.each([DEAD, ""])("a starter that was overtaken since it read %j claims nothing, and breaks no claim", (left) => {
  const path = join(temporaryFolder(), "daemon.pid");
  const self = thisProcess();
  const faster = { pid: 4_194_302, startedAt: "now" };
  writeFileSync(path, left);
  const seen = readClaims(path);
  expect(tryClaim(path, faster)).toBe(faster);
  expect(claimAfter(path, seen, self)).toBeNull();
  expect(readPidFile(path)).toEqual(faster);
  // And when the faster one has ended meanwhile.
  rmSync(path);
  expect(claimAfter(path, seen, self)).toBeNull();
  expect(readdirSync(dirname(path))).toEqual([]);
  expect(tryClaim(path, self)).toBe(self);
});

test.each([
  ["died", "4194302\nof another boot\n"],
  ["left nothing but a name", ""],
])("a starter that %s before its claim was in place is followed by the next one", (_what, left) => {
  const path = join(temporaryFolder(), "daemon.pid");
  const self = thisProcess();
  writeFileSync(path, DEAD);
  writeFileSync(successorOf({ path, text: DEAD }), left);
  expect(tryClaim(path, self)).toBe(self);
  expect(readPidFile(path)).toEqual(self);
  expect(readdirSync(dirname(path))).toEqual(["daemon.pid"]);
});

test("a starter that is about to take over counts already", () => {
  const path = join(temporaryFolder(), "daemon.pid");
  const self = thisProcess();
  writeFileSync(path, DEAD);
  writeFileSync(successorOf({ path, text: DEAD }), `${self.pid}\n${self.startedAt}\n`);
  expect(tryClaim(path, { pid: 4_194_302, startedAt: "now" })).toEqual(self);
});

test("a folder of a living daemon is left to it", () => {
  const path = join(temporaryFolder(), "daemon.pid");
  const self = thisProcess();
  expect(tryClaim(path, self)).toBe(self);
  const other = tryClaim(path, { pid: 4_194_302, startedAt: "now" });
  expect(other).toEqual(self);
  expect(other).not.toBe(self);
});
