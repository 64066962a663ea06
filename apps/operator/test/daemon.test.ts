import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { OperatorCommand } from "@signalbox/catalog/operator-protocol";
import { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { expect, onTestFinished, test } from "vitest";
import { runnerPid, spooled, startOperator } from "./operator-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createStore, startTestHost, type HostStore, type TestHost } from "./test-host.ts";
import { until } from "./until.ts";

const TOKEN = "sbx_op_test";

function startCommand(turnId: string, prompt = "Write 300 words"): Extract<OperatorCommand, { type: "turn.start" }> {
  return {
    type: "turn.start",
    turnId,
    runId: `r-${turnId}`,
    chatId: "c",
    planId: "plan",
    profileId: "builtin",
    prompt,
    history: [],
  };
}

async function startHost(): Promise<{ store: HostStore; host: TestHost }> {
  const store = createStore(TOKEN);
  const host = await startTestHost(store);
  onTestFinished(() => host.kill());
  return { store, host };
}

function stored(store: HostStore, turnId: string): LoggedEntry[] {
  return (store.turns.get(turnId)?.entries ?? []).map((entry) => LoggedEntry.parse(entry));
}

function textOf(entries: LoggedEntry[]): string {
  return entries.map((entry) => (entry.kind === "text-delta" ? entry.text : "")).join("");
}

async function untilEnded(store: HostStore, turnId: string): Promise<LoggedEntry[]> {
  await until(`${turnId} has ended on the host`, () => store.turns.get(turnId)?.isClosed);
  return stored(store, turnId);
}

/** The promise of the whole channel: host and spool hold the same, gapless, with one turn-end, which is last. */
function expectWhole(store: HostStore, dir: string, turnId: string): void {
  const entries = store.turns.get(turnId)?.entries ?? [];
  expect(entries).toEqual(spooled(dir, turnId));
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
  expect(entries.filter(({ kind }) => kind === "turn-end")).toHaveLength(1);
  expect(entries.at(-1)?.kind).toBe("turn-end");
  expect(entries[0]?.kind).toBe("turn-start");
}

test("a turn of the demo agent arrives whole, with what really happened in its workspace", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  startOperator({ hostUrl: host.url, token: TOKEN, dir });
  host.send(startCommand("t1", "Tidy the release notes"));
  const entries = await untilEnded(store, "t1");
  expectWhole(store, dir, "t1");
  expect(entries.at(-1)).toMatchObject({ outcome: "completed", stopReason: "end_turn" });
  expect(entries[0]).toMatchObject({ agent: { profileId: "builtin", isDemo: true }, model: "demo" });
  const notes = readFileSync(join(dir, "workspaces", "plan", "notes", "tidy-the-release-notes.md"), "utf8");
  expect(notes).toContain("> Tidy the release notes");
  expect(notes).toContain(process.version);
  expect(textOf(entries)).toContain(`Node ${process.version}`);
  expect(textOf(entries)).toContain(`${Buffer.byteLength(notes)} bytes`);
  const todos = entries.filter((entry) => entry.kind === "todos");
  expect(todos[0]?.todos.map(({ status }) => status)).toEqual([
    "in_progress",
    "pending",
    "pending",
    "pending",
    "pending",
  ]);
  expect(todos.at(-1)?.todos.every(({ status }) => status === "completed")).toBe(true);
  expect(entries.some((entry) => entry.kind === "usage" && entry.scope === "turn")).toBe(true);
  expect(store.replies).toEqual([{ generation: 1, commandId: "command-1", result: { ok: true } }]);
});

test("connections cut at random, some after the host stored and before it answered, lose and double nothing", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  startOperator({ hostUrl: host.url, token: TOKEN, dir, paceMs: 3 });
  host.send(startCommand("t1"));
  host.send(startCommand("t2"));
  const isOver = (): boolean => ["t1", "t2"].every((id) => store.turns.get(id)?.isClosed);
  for (let cuts = 0; cuts < 12 && !isOver(); cuts += 1) {
    const before = stored(store, "t1").length + stored(store, "t2").length;
    const further = 1 + Math.floor(Math.random() * 40);
    await until(
      "the turns went on",
      () => isOver() || stored(store, "t1").length + stored(store, "t2").length >= before + further,
    );
    if (cuts % 3 === 0) store.faults.cutBeforeAck = 1;
    else host.dropAll();
  }
  await untilEnded(store, "t1");
  await untilEnded(store, "t2");
  expectWhole(store, dir, "t1");
  expectWhole(store, dir, "t2");
  expect(store.hellos.length).toBeGreaterThan(3);
});

test("a host that is killed and comes back gets the rest of the turn, also what ended meanwhile", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  startOperator({ hostUrl: host.url, token: TOKEN, dir, paceMs: 1 });
  host.send(startCommand("t1"));
  await until("some of the turn is stored", () => stored(store, "t1").length > 20);
  await host.kill();
  await until("the turn ended without the host", () =>
    JSON.stringify(spooled(dir, "t1").at(-1) ?? "").includes("turn-end"),
  );
  const again = await startTestHost(store, host.port);
  onTestFinished(() => again.kill());
  await untilEnded(store, "t1");
  expectWhole(store, dir, "t1");
});

test("a host that lost all of a turn is sent it again from the start", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  startOperator({ hostUrl: host.url, token: TOKEN, dir, paceMs: 2 });
  host.send(startCommand("t1"));
  await until("some of the turn is stored", () => stored(store, "t1").length > 20);
  store.faults.forgetAll = 1;
  await untilEnded(store, "t1");
  expectWhole(store, dir, "t1");
});

test("late answers hold up nothing but their own turn", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  store.faults.answerLateMs = 120;
  startOperator({ hostUrl: host.url, token: TOKEN, dir, paceMs: 1 });
  for (const turnId of ["t1", "t2", "t3"]) host.send(startCommand(turnId, "Write 50 words"));
  for (const turnId of ["t1", "t2", "t3"]) {
    await untilEnded(store, turnId);
    expectWhole(store, dir, turnId);
  }
});

test("a daemon killed in mid-turn leaves the runner at work, and the next daemon delivers all of it", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  const settings = { hostUrl: host.url, token: TOKEN, dir, paceMs: 4 };
  const first = startOperator(settings);
  host.send(startCommand("t1"));
  await until("some of the turn is stored", () => stored(store, "t1").length > 20);
  const runner = runnerPid(dir, "t1");
  first.kill("SIGKILL");
  await first.exited;
  const atDeath = spooled(dir, "t1").length;
  await until("the runner goes on alone", () => spooled(dir, "t1").length > atDeath + 20);
  startOperator(settings);
  await untilEnded(store, "t1");
  expectWhole(store, dir, "t1");
  expect(runnerPid(dir, "t1")).toBe(runner);
  expect(stored(store, "t1").at(-1)).toMatchObject({ outcome: "completed" });
});

test("a runner that is killed leaves one failed turn-end behind all that it wrote, and no agent", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  startOperator({ hostUrl: host.url, token: TOKEN, dir, paceMs: 10 });
  host.send(startCommand("t1"));
  await until("some of the turn is stored", () => stored(store, "t1").length > 20);
  const agent = Number(readFileSync(join(dir, "spool", "t1", "agent.pid"), "utf8").split("\n")[0]);
  const runner = runnerPid(dir, "t1") ?? 0;
  process.kill(runner, "SIGKILL");
  const entries = await untilEnded(store, "t1");
  expectWhole(store, dir, "t1");
  expect(entries.at(-1)).toMatchObject({ outcome: "failed", error: { code: "runner-died" } });
  await until("nothing of its group is left", () => isGroupGone(runner));
  expect(entries.length).toBeGreaterThan(20);
  await until("the agent is gone", () => !isRunning(agent));
});

test("a runner that was killed while no daemon was there is ended by the next one", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  const settings = { hostUrl: host.url, token: TOKEN, dir, paceMs: 10 };
  const first = startOperator(settings);
  host.send(startCommand("t1"));
  await until("some of the turn is stored", () => stored(store, "t1").length > 20);
  first.kill("SIGKILL");
  await first.exited;
  process.kill(runnerPid(dir, "t1") ?? 0, "SIGKILL");
  startOperator(settings);
  const entries = await untilEnded(store, "t1");
  expectWhole(store, dir, "t1");
  expect(entries.at(-1)).toMatchObject({ outcome: "failed", error: { code: "runner-died" } });
});

test("a command that comes again, over the same connection and over a new one, starts one run", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  startOperator({ hostUrl: host.url, token: TOKEN, dir, paceMs: 1 });
  host.send(startCommand("t1", "Write 50 words"), "command-a");
  await until("the command is answered", () => store.replies.length === 1);
  const runner = await until("the runner runs", () => runnerPid(dir, "t1"));
  host.send(startCommand("t1", "Something else"), "command-b");
  await until("it is answered again", () => store.replies.length === 2);
  store.replies.length = 0;
  host.dropAll();
  await until("both came again", () => store.replies.length === 2);
  const entries = await untilEnded(store, "t1");
  expectWhole(store, dir, "t1");
  expect(entries.filter(({ kind }) => kind === "turn-start")).toHaveLength(1);
  expect(runnerPid(dir, "t1")).toBe(runner);
  expect(store.replies.every(({ result }) => result.ok)).toBe(true);
});

test("a stop ends the turn as cancelled and keeps the text that was there", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  startOperator({ hostUrl: host.url, token: TOKEN, dir, paceMs: 15 });
  host.send(startCommand("t1", "Write 5000 words"));
  await until("some text is there", () => textOf(stored(store, "t1")).length > 60);
  host.send({ type: "turn.stop", turnId: "t1" });
  const entries = await untilEnded(store, "t1");
  expectWhole(store, dir, "t1");
  expect(entries.at(-1)).toMatchObject({ outcome: "cancelled", stopReason: "cancelled" });
  expect(textOf(entries).length).toBeGreaterThan(60);
});

test("a turn that the host has closed is stopped here and not delivered any further", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  const operator = startOperator({ hostUrl: host.url, token: TOKEN, dir, paceMs: 10 });
  host.send(startCommand("t1", "Write 5000 words"));
  await until("some of the turn is stored", () => stored(store, "t1").length > 20);
  const turn = store.turns.get("t1");
  if (turn) turn.isClosed = true;
  await until("the runner has ended", () => JSON.stringify(spooled(dir, "t1").at(-1) ?? "").includes("turn-end"));
  expect(JSON.parse(readFileSync(join(dir, "spool", "t1", "acked.json"), "utf8"))).toMatchObject({ state: "closed" });
  expect(spooled(dir, "t1").length).toBeGreaterThan(turn?.entries.length ?? 0);
  await until("it says so", () => operator.log().includes("the host closed this turn"));
});

test("a turn of which the host has something else is stopped, and said loudly", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  const operator = startOperator({ hostUrl: host.url, token: TOKEN, dir, paceMs: 10 });
  host.send(startCommand("t1", "Write 5000 words"));
  await until("some of the turn is stored", () => stored(store, "t1").length > 20);
  store.turns.get("t1")?.entries.splice(9, 1, { seq: 10, at: 1, kind: "log", text: "something else" });
  store.faults.helloAtMost = 5;
  host.dropAll();
  await until("the runner has ended", () => JSON.stringify(spooled(dir, "t1").at(-1) ?? "").includes("turn-end"));
  expect(JSON.parse(readFileSync(join(dir, "spool", "t1", "acked.json"), "utf8"))).toMatchObject({ state: "diverged" });
  expect(operator.log()).toContain("DIVERGED");
});

test("a turn that was settled is delivered again when the host comes back with less than it had", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  startOperator({ hostUrl: host.url, token: TOKEN, dir });
  host.send(startCommand("t1", "Write 50 words"));
  await untilEnded(store, "t1");
  await until("it is settled", () => existsSync(join(dir, "spool", "t1", "acked.json")));
  const turn = store.turns.get("t1");
  turn?.entries.splice(30);
  if (turn) turn.isClosed = false;
  host.dropAll();
  await untilEnded(store, "t1");
  expectWhole(store, dir, "t1");
});

test("an unknown profile fails the turn in words", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  startOperator({ hostUrl: host.url, token: TOKEN, dir });
  host.send({ ...startCommand("t1"), profileId: "nobody" });
  const entries = await untilEnded(store, "t1");
  expect(entries.at(-1)).toMatchObject({ outcome: "failed", error: { code: "unknown-profile" } });
  expectWhole(store, dir, "t1");
});

test("ids that would lead out of the operator's folder are refused", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  startOperator({ hostUrl: host.url, token: TOKEN, dir });
  host.send({ ...startCommand("x"), turnId: "../../escape" });
  host.send({ ...startCommand("x"), planId: "../../escape" });
  await until("both are answered", () => store.replies.length === 2);
  expect(store.replies.map(({ result }) => result)).toMatchObject([
    { ok: false, code: "bad-request" },
    { ok: false, code: "bad-request" },
  ]);
  expect(existsSync(join(dir, "..", "escape"))).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function isGroupGone(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return false;
  } catch {
    return true;
  }
}
