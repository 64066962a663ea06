import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { ENDED_IDS_KEPT, SPOOL_KEPT_MS, SPOOLS_KEPT, SPOOLS_KEPT_MAX } from "./limits.ts";
import { openArchive, turnsToDelete } from "./turn-archive.ts";
import { acceptTurn, turnFolder } from "./turn-folder.ts";

const finished = (count: number, at: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => ({
    turnId: `t${index}`,
    ack: { ackedSeq: 1, state: "stored" as const, at: at(index) },
  }));

test("the newest finished turns are kept however old they are", () => {
  expect(
    turnsToDelete(
      finished(SPOOLS_KEPT, () => 0),
      SPOOL_KEPT_MS * 100,
    ),
  ).toEqual([]);
  const deleted = turnsToDelete(
    finished(SPOOLS_KEPT + 2, (index) => index),
    SPOOL_KEPT_MS * 100,
  );
  expect(deleted.toSorted()).toEqual(["t0", "t1"]);
});

test("beyond them young ones are kept, up to a bound", () => {
  expect(
    turnsToDelete(
      finished(SPOOLS_KEPT_MAX, (index) => index),
      1_000,
    ),
  ).toEqual([]);
  expect(
    turnsToDelete(
      finished(SPOOLS_KEPT_MAX + 1, (index) => index),
      1_000,
    ),
  ).toEqual(["t0"]);
});

test("a deleted turn is remembered by the next opening too, up to a bound", () => {
  const dir = temporaryFolder();
  const archive = openArchive(dir);
  const folder = turnFolder(dir, "t1");
  const command = {
    type: "turn.start",
    turnId: "t1",
    runId: "r",
    chatId: "c",
    planId: "p",
    profileId: "builtin",
    prompt: "",
    history: [],
  } as const;
  expect(acceptTurn(folder, { ...command, history: [] })).toBe(true);
  expect(acceptTurn(folder, { ...command, history: [] })).toBe(false);
  expect(archive.load().map(({ turnId }) => turnId)).toEqual(["t1"]);
  archive.delete(folder);
  expect(existsSync(folder.path)).toBe(false);
  expect(openArchive(dir).wasDeleted("t1")).toBe(true);
  for (let index = 0; index < ENDED_IDS_KEPT; index += 1) archive.delete(turnFolder(dir, `x${index}`));
  expect(openArchive(dir).wasDeleted("t1")).toBe(false);
});

test("the file of remembered ids stays within its bound while the daemon runs", () => {
  const dir = temporaryFolder();
  const archive = openArchive(dir);
  let longest = 0;
  for (let index = 0; index < 3 * ENDED_IDS_KEPT; index += 1) {
    archive.delete(turnFolder(dir, `x${index}`));
    longest = Math.max(longest, statSync(join(dir, "deleted-turns.txt")).size);
  }
  expect(longest).toBeLessThanOrEqual(2 * ENDED_IDS_KEPT * "x12345\n".length);
  const again = openArchive(dir);
  expect(again.wasDeleted(`x${2 * ENDED_IDS_KEPT}`)).toBe(true);
  expect(again.wasDeleted(`x${2 * ENDED_IDS_KEPT - 1}`)).toBe(false);
});

test("a folder whose command was never journaled is removed", () => {
  const dir = temporaryFolder();
  const archive = openArchive(dir);
  mkdirSync(turnFolder(dir, "half").path);
  expect(archive.load()).toEqual([]);
  expect(existsSync(turnFolder(dir, "half").path)).toBe(false);
});
