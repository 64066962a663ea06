/** What is told of attempts, to a host that does not take all of it, and for how long it is kept. */
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AttemptReport } from "@signalbox/catalog/attempt";
import { expect, onTestFinished, test } from "vitest";
import { newAttempt, openAttemptFiles, type AttemptCommand, type AttemptState } from "../src/attempts/attempt-state.ts";
import { ATTEMPTS_KEPT, STEP_TRIES } from "../src/limits.ts";
import { makeRepository, plainGit } from "./git-repository.ts";
import { startOperator } from "./operator-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createStore, startTestHost, type HostStore } from "./test-host.ts";
import { until } from "./until.ts";

const TOKEN = "sbx_op_test";
const AGENT = fileURLToPath(new URL("./probing-agent.mjs", import.meta.url));
const COMMIT = "c".repeat(40);

function startCommand(attemptId: string, changes: Partial<AttemptCommand> = {}): AttemptCommand {
  return {
    type: "attempt.start",
    turnId: `t-${attemptId}`,
    runId: "r",
    chatId: "c",
    planId: "plan",
    profileId: "probe",
    prompt: "[]",
    history: [],
    attempt: {
      attemptId,
      repository: "shop",
      branch: `signalbox/tidy-${attemptId}`,
      title: "Tidy",
      link: "http://signalbox.example/w/w/plans/plan",
    },
    ...changes,
  };
}

/** An attempt as it stands on the operator's disk. */
function keep(dir: string, attemptId: string, { report, ...changes }: ChangedState): void {
  const state = newAttempt(startCommand(attemptId), "main");
  const whole = { ...state, ...changes, report: { ...state.report, ...report } };
  mkdirSync(join(dir, "attempts"), { recursive: true });
  writeFileSync(join(dir, "attempts", `${attemptId}.json`), JSON.stringify(whole));
}
type ChangedState = Partial<Omit<AttemptState, "report">> & { report?: Partial<AttemptReport> };

const FAILED: ChangedState = {
  step: "failed",
  reportedRevision: 1,
  report: { phase: "failed", revision: 2, problem: { code: "working-failed", message: "No" } },
};

function stateOf(dir: string, attemptId: string): AttemptState | undefined {
  return openAttemptFiles(dir)
    .load()
    .find(({ report }) => report.attemptId === attemptId);
}

async function setUp(faults: Partial<HostStore["faults"]> = {}) {
  const store = createStore(TOKEN);
  Object.assign(store.faults, faults);
  const host = await startTestHost(store);
  onTestFinished(() => host.kill());
  const dir = temporaryFolder();
  const profile = { id: "probe", name: "Probe", command: process.execPath, args: [AGENT], sandbox: { mode: "off" } };
  writeFileSync(join(dir, "profiles.json"), JSON.stringify([profile]));
  const start = () => startOperator({ hostUrl: host.url, token: TOKEN, dir });
  const isTold = (attemptId: string) => store.reports.find(({ report }) => report.attemptId === attemptId);
  return { store, host, dir, start, isTold };
}

test("a report that the host refuses or can't take holds up no other; the first is left out, the second told again", async () => {
  const offered: string[] = [];
  let isBroken = true;
  const { dir, start, isTold } = await setUp({
    reportError({ report: { attemptId } }) {
      offered.push(attemptId);
      if (attemptId === "a1") return "BAD_REQUEST";
      return attemptId === "a2" && isBroken ? "INTERNAL_SERVER_ERROR" : null;
    },
  });
  for (const id of ["a1", "a2", "a3"]) keep(dir, id, FAILED);
  start();
  await until("the third is told", () => isTold("a3"));
  isBroken = false;
  await until("the second is told", () => isTold("a2"));
  expect(offered.filter((id) => id === "a1")).toHaveLength(1);
  expect(isTold("a1")).toBeUndefined();
  expect(stateOf(dir, "a1")?.reportedRevision).toBe(2);
});

test("a diff that the host refuses is left out, and the attempt told without it", async () => {
  const { dir, start, isTold } = await setUp({ reportError: ({ diff }) => (diff ? "PAYLOAD_TOO_LARGE" : null) });
  keep(dir, "a1", { ...FAILED, report: { ...FAILED.report, headCommit: COMMIT } });
  const diff = { commit: COMMIT, files: [], isCut: true };
  writeFileSync(join(dir, "attempts", "a1.diff.json"), JSON.stringify(diff));
  start();
  const told = await until("it is told", () => isTold("a1"));
  expect(told).toMatchObject({ report: { phase: "failed" } });
  expect(told?.diff).toBeUndefined();
  await until("it is settled", () => stateOf(dir, "a1")?.reportedRevision === 2);
});

test("files that can't be counted end no attempt: its agent goes on, and what it did is committed", async () => {
  const { store, host, dir, start } = await setUp();
  const path = makeRepository();
  const open = JSON.stringify([{ name: "shop", path }]);
  writeFileSync(join(dir, "repositories.json"), open);
  const mayGoOn = join(temporaryFolder(), "go-on");
  const operator = start();
  const steps = [
    { do: "await", path: mayGoOn },
    { do: "write", path: "late.txt" },
  ];
  host.send(startCommand("a1", { prompt: JSON.stringify(steps) }));
  await until("the agent works", () => (store.turns.get("t-a1")?.entries.length ?? 0) > 1);
  // As when the file is being written: the repository is not named for a while.
  writeFileSync(join(dir, "repositories.json"), "[]");
  const failures = () => operator.log().split("has no repository shop any more").length - 1;
  await until("it could not be counted for as often as another step is tried", () => failures() >= STEP_TRIES);
  writeFileSync(join(dir, "repositories.json"), open);
  writeFileSync(mayGoOn, "");
  const last = () => store.reports.at(-1)?.report;
  await until("it is over", () => last()?.phase === "ready" || last()?.phase === "failed");
  expect(last()).toMatchObject({ phase: "ready", stats: { files: 1 }, problem: null });
  expect(plainGit(path, "show", "signalbox/tidy-a1:late.txt")).toBe("written");
});

test("attempts that are over are forgotten by age, oldest first; what is not over or not told is kept", () => {
  const dir = temporaryFolder();
  const over: ChangedState = { step: "merged", reportedRevision: 1 };
  // Their names say nothing of their age.
  const nameOf = (age: number): string => `a${(age * 7_919) % 100_003}`;
  for (let age = 0; age < ATTEMPTS_KEPT + 3; age += 1) {
    keep(dir, nameOf(age), over);
    utimesSync(join(dir, "attempts", `${nameOf(age)}.json`), 2_000_000_000 - age, 2_000_000_000 - age);
  }
  keep(dir, "ready", { ...over, step: "ready" });
  keep(dir, "untold", { ...over, reportedRevision: 0 });
  writeFileSync(join(dir, "attempts", `${nameOf(ATTEMPTS_KEPT)}.diff.json`), "{}");
  const files = openAttemptFiles(dir);
  const oldest = [0, 1, 2].map((more) => nameOf(ATTEMPTS_KEPT + more));
  expect(files.prune(files.load()).toSorted()).toEqual(oldest.toSorted());
  const left = readdirSync(join(dir, "attempts"));
  expect(left).toHaveLength(ATTEMPTS_KEPT + 2);
  expect(left).toEqual(expect.arrayContaining(["ready.json", "untold.json"]));
  expect(files.prune(files.load())).toEqual([]);
  expect(readFileSync(join(dir, "attempts", `${nameOf(0)}.json`), "utf8")).toContain("merged");
});
