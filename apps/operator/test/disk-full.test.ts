/**
 * An operator whose disk fills up in the middle of a turn: its folder is a file system of its own, of a few megabytes, in a
 * mount namespace. Where a machine lets nobody have one there is nothing to run it in.
 */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { expect, onTestFinished, test } from "vitest";
import { isAlive, readPidFile } from "../src/process-identity.ts";
import { endRunners, spooled, startOperator } from "./operator-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createStore, startTestHost } from "./test-host.ts";
import { until } from "./until.ts";

const TOKEN = "sbx_op_test";
const DISK_BYTES = 4 * 1024 * 1024;

/** Runs the command behind it with a small disk at this folder, as the same process. */
const withSmallDisk = (dir: string): string[] => {
  const script = `mount -t tmpfs -o size=${DISK_BYTES} tmpfs "$0" && exec "$@"`;
  return ["unshare", "--map-root-user", "--mount", "sh", "-c", script, dir];
};

function isPossible(): boolean {
  const [, ...args] = withSmallDisk(tmpdir());
  return spawnSync("unshare", [...args, "true"]).status === 0;
}

test.skipIf(!isPossible())(
  "[OP24] a full disk ends the turn that can't be written down, with the reason and all that was written",
  async () => {
    const store = createStore(TOKEN);
    const host = await startTestHost(store);
    onTestFinished(() => host.kill());
    const dir = temporaryFolder();
    const operator = startOperator({
      hostUrl: host.url,
      token: TOKEN,
      dir,
      paceMs: 5,
      env: { SIGNALBOX_SANDBOX: "off" },
      within: withSmallDisk(dir),
    });
    const start = (turnId: string): void => {
      const ids = { turnId, runId: "r", chatId: "c", planId: "p", profileId: "builtin" };
      host.send({ type: "turn.start", ...ids, prompt: "Write 20000 words", history: [] });
    };
    await until("it is connected", () => store.hellos.length > 0);
    // What a process has mounted is seen through it.
    const disk = join(`/proc/${operator.pid}/root`, dir);
    onTestFinished(() => endRunners(disk));
    start("t1");
    await until("the turn is under way", () => (store.turns.get("t1")?.entries.length ?? 0) > 20);
    const agent = readPidFile(join(disk, "spool/t1/agent.pid"));
    const ballast = join(disk, "ballast");
    fill(ballast);
    await until("the agent whose words are lost is ended", () => agent !== null && !isAlive(agent));

    start("t2");
    await until("a turn that can't be journaled is refused", () =>
      store.replies.some(({ result }) => !result.ok && result.code === "disk-full"),
    );

    rmSync(ballast);
    await until("the turn has ended", () => store.turns.get("t1")?.isClosed);
    const entries = (store.turns.get("t1")?.entries ?? []).map((entry) => LoggedEntry.parse(entry));
    expect(entries.at(-1)).toMatchObject({ kind: "turn-end", outcome: "failed", error: { code: "disk-full" } });
    expect(entries).toEqual(spooled(disk, "t1"));
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
    expect(readFileSync(join(disk, "spool/t1/runner.log"), "utf8")).not.toContain("Error:");

    start("t3");
    await until("the next turn is written down", () => (store.turns.get("t3")?.entries.length ?? 0) > 20);
  },
  120_000,
);

/** Until nothing more fits. */
function fill(path: string): void {
  if (statfsSync(dirname(path)).blocks * statfsSync(dirname(path)).bsize > DISK_BYTES)
    throw new Error("This is not the small disk.");
  const fd = openSync(path, "w");
  try {
    for (const size of [64 * 1024, 1]) {
      const bytes = Buffer.alloc(size);
      expect(() => {
        for (;;) writeSync(fd, bytes);
      }).toThrow("ENOSPC");
    }
  } finally {
    closeSync(fd);
  }
}
