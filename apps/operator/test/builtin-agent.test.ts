import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LoggedEntry, type TurnEntry } from "@signalbox/catalog/turn-entry";
import { expect, onTestFinished, test } from "vitest";
import { startFakeModel, type FakeModelServer, type ModelAnswer } from "./fake-model-server.ts";
import { readPidFile } from "../src/process-identity.ts";
import { runnerPid, startOperator } from "./operator-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createStore, startTestHost, type HostStore, type TestHost } from "./test-host.ts";
import { until } from "./until.ts";

const TOKEN = "sbx_op_test";

interface Scene {
  store: HostStore;
  host: TestHost;
  dir: string;
  model: FakeModelServer;
  workspace: string;
}

/** A host, an operator whose built-in agent has a scripted model behind it, and a first turn. */
async function playScene(
  answers: ModelAnswer[],
  history: { role: "user" | "assistant"; text: string }[] = [],
): Promise<Scene> {
  const store = createStore(TOKEN);
  const host = await startTestHost(store);
  onTestFinished(() => host.kill());
  const model = await startFakeModel(answers);
  const dir = temporaryFolder();
  const workspace = join(dir, "workspaces", "plan");
  mkdirSync(workspace, { recursive: true });
  startOperator({
    hostUrl: host.url,
    token: TOKEN,
    dir,
    env: { MODEL_BASE_URL: model.baseUrl, MODEL_API_KEY: "key-of-the-model", MODEL_NAME: "fake-model" },
  });
  host.send({
    type: "turn.start",
    turnId: "t1",
    runId: "r1",
    chatId: "c1",
    planId: "plan",
    profileId: "builtin",
    prompt: "Do the work",
    history,
  });
  return { store, host, dir, model, workspace };
}

function entriesOf(store: HostStore): LoggedEntry[] {
  return (store.turns.get("t1")?.entries ?? []).map((entry) => LoggedEntry.parse(entry));
}

function ofKind<K extends TurnEntry["kind"]>(store: HostStore, kind: K): Extract<LoggedEntry, { kind: K }>[] {
  return entriesOf(store).filter((entry): entry is Extract<LoggedEntry, { kind: K }> => entry.kind === kind);
}

async function untilEnded(store: HostStore): Promise<LoggedEntry | undefined> {
  await until("the turn has ended", () => store.turns.get("t1")?.isClosed);
  return entriesOf(store).at(-1);
}

/** Answers the n-th request (from 1) that stands in the log. */
async function answerPermission({ store, host }: Scene, number: number, optionId: string): Promise<void> {
  const request = await until("a person is asked", () => ofKind(store, "permission-request")[number - 1]);
  host.send({ type: "permission.answer", turnId: "t1", requestId: request.requestId, optionId });
}

test("a model's text, tools and usage become a turn; its command waits for a person", async () => {
  const scene = await playScene(
    [
      { type: "tool", name: "todos", input: { todos: [{ content: "Look", status: "in_progress" }] } },
      { type: "tool", name: "run_command", input: { command: "echo made by the model > made.txt; cat made.txt" } },
      { type: "text", text: "It is made." },
    ],
    [
      { role: "user", text: "Earlier question" },
      { role: "assistant", text: "Earlier answer" },
    ],
  );
  const { store, model, workspace } = scene;
  const request = await until("a person is asked", () => ofKind(store, "permission-request")[0]);
  expect(request.title).toContain("echo made by the model");
  expect(request.options.map(({ kind }) => kind)).toEqual(["allow_once", "allow_always", "reject_once"]);
  expect(existsSync(join(workspace, "made.txt"))).toBe(false);
  // The agent works with a token of its run; the key stays with the operator.
  const agent = readPidFile(join(scene.dir, "spool", "t1", "agent.pid"))?.pid ?? 0;
  const variables = readFileSync(`/proc/${agent}/environ`, "utf8");
  expect(variables).toContain("MODEL_API_KEY=sbx_run_");
  expect(variables).not.toContain("key-of-the-model");
  await answerPermission(scene, 1, "allow");
  expect(await untilEnded(store)).toMatchObject({ kind: "turn-end", outcome: "completed" });
  expect(readFileSync(join(workspace, "made.txt"), "utf8")).toBe("made by the model\n");
  expect(ofKind(store, "permission-resolved")).toMatchObject([
    { requestId: request.requestId, outcome: "selected", optionId: "allow" },
  ]);
  expect(ofKind(store, "agent-state").map(({ state }) => state)).toEqual([
    "spawned",
    "running",
    "waiting",
    "resumed",
    "stopped",
  ]);
  expect(ofKind(store, "todos")[0]?.todos).toEqual([{ content: "Look", status: "in_progress", priority: "medium" }]);
  expect(
    ofKind(store, "tool-call").find(({ output }) => JSON.stringify(output)?.includes("made by the model")),
  ).toBeDefined();
  expect(
    ofKind(store, "text-delta")
      .map(({ text }) => text)
      .join(""),
  ).toBe("It is made.");
  expect(ofKind(store, "usage").filter(({ scope }) => scope === "turn")).toMatchObject([
    { inputTokens: 300, outputTokens: 60 },
  ]);
  expect(ofKind(store, "usage").find(({ scope }) => scope === "step")).toMatchObject({
    inputTokens: 100,
    model: "fake-model",
  });
  expect(ofKind(store, "turn-start")[0]).toMatchObject({ agent: { isDemo: false }, model: "fake-model" });
  expect(model.requests[0]).toMatchObject({ authorization: "Bearer key-of-the-model", body: { model: "fake-model" } });
  expect(JSON.stringify(model.requests[0]?.body.messages)).toMatch(/Earlier question.*Earlier answer.*Do the work/);
});

test("a write that a person refuses does not happen, and the model hears so", async () => {
  const scene = await playScene([
    { type: "tool", name: "write_file", input: { path: "a.md", content: "text" } },
    { type: "text", text: "Then I leave it." },
  ]);
  await answerPermission(scene, 1, "reject");
  expect(await untilEnded(scene.store)).toMatchObject({ outcome: "completed" });
  expect(existsSync(join(scene.workspace, "a.md"))).toBe(false);
  expect(ofKind(scene.store, "tool-call").some(({ status }) => status === "failed")).toBe(true);
  expect(JSON.stringify(scene.model.requests[1]?.body.messages)).toContain("did not allow");
});

test("a stop while a person is asked resolves the request as cancelled, and nothing is run", async () => {
  const scene = await playScene([{ type: "tool", name: "run_command", input: { command: "touch ran" } }]);
  await until("a person is asked", () => ofKind(scene.store, "permission-request")[0]);
  scene.host.send({ type: "turn.stop", turnId: "t1" });
  expect(await untilEnded(scene.store)).toMatchObject({ outcome: "cancelled" });
  expect(ofKind(scene.store, "permission-resolved")).toMatchObject([{ outcome: "cancelled" }]);
  expect(existsSync(join(scene.workspace, "ran"))).toBe(false);
});

test("a stop ends a model that hangs and keeps what it had said", async () => {
  const { store, host } = await playScene([{ type: "hang" }]);
  await until("it has said something", () => ofKind(store, "text-delta")[0]);
  host.send({ type: "turn.stop", turnId: "t1" });
  expect(await untilEnded(store)).toMatchObject({ outcome: "cancelled" });
  expect(ofKind(store, "text-delta").map(({ text }) => text)).toEqual(["Thinking "]);
});

test("a stop ends a running command with all that it started", async () => {
  const scene = await playScene([
    { type: "tool", name: "run_command", input: { command: "echo $$ > pid; sleep 300 & sleep 300" } },
  ]);
  await answerPermission(scene, 1, "allow");
  const pid = await until("the command runs", () => {
    const path = join(scene.workspace, "pid");
    return existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
  });
  scene.host.send({ type: "turn.stop", turnId: "t1" });
  expect(await untilEnded(scene.store)).toMatchObject({ outcome: "cancelled" });
  await until("its process group is gone", () => !groupExists(pid));
});

test("a rate limit is told as hit and lifted, by provider and model, and the turn goes on", async () => {
  const { store, model } = await playScene([
    { type: "refuse", status: 429, retryAfterSeconds: 1 },
    { type: "refuse", status: 529, retryAfterSeconds: 0 },
    { type: "text", text: "Here I am." },
  ]);
  expect(await untilEnded(store)).toMatchObject({ outcome: "completed" });
  const about = { provider: new URL(model.baseUrl).host, model: "fake-model" };
  expect(ofKind(store, "rate-limit")).toMatchObject([
    { state: "hit", status: 429, retryAfterMs: 1_000, ...about },
    { state: "hit", status: 529, retryAfterMs: 0, ...about },
    { state: "lifted", ...about },
  ]);
  expect(model.requests).toHaveLength(3);
});

test("a rate limit that stays fails the turn with its code, after a bounded number of requests", async () => {
  const refusal: ModelAnswer = { type: "refuse", status: 429, retryAfterSeconds: 0 };
  const { store, model } = await playScene(Array.from({ length: 20 }, () => refusal));
  expect(await untilEnded(store)).toMatchObject({
    outcome: "failed",
    error: { code: "rate-limited", retryAfterMs: 0 },
  });
  expect(model.requests).toHaveLength(5);
  expect(ofKind(store, "rate-limit").map(({ state }) => state)).toEqual(["hit", "hit", "hit", "hit", "hit"]);
});

test("a provider that asks for an hour's wait is not asked again before: the turn fails and says when", async () => {
  const { store, model } = await playScene([
    { type: "refuse", status: 429, retryAfterSeconds: 3_600 },
    { type: "text", text: "Too early." },
  ]);
  expect(await untilEnded(store)).toMatchObject({ error: { code: "rate-limited", retryAfterMs: 3_600_000 } });
  expect(model.requests).toHaveLength(1);
});

test("a turn that waits for its provider can be stopped", async () => {
  const scene = await playScene([{ type: "refuse", status: 429, retryAfterSeconds: 200 }]);
  await until("the limit is told", () => ofKind(scene.store, "rate-limit")[0]);
  scene.host.send({ type: "turn.stop", turnId: "t1" });
  expect(await untilEnded(scene.store)).toMatchObject({ outcome: "cancelled", stopReason: "cancelled" });
});

test("a model that answers with an error fails the turn in words", async () => {
  const { store } = await playScene([{ type: "refuse", status: 400 }]);
  expect(await untilEnded(store)).toMatchObject({ outcome: "failed", error: { code: "agent-error" } });
});

test("no credential reaches a command", async () => {
  const scene = await playScene([
    { type: "tool", name: "run_command", input: { command: "env > seen.txt" } },
    { type: "text", text: "Done." },
  ]);
  await answerPermission(scene, 1, "allow");
  await untilEnded(scene.store);
  const seen = readFileSync(join(scene.workspace, "seen.txt"), "utf8");
  expect(seen).toContain("PATH=");
  expect(seen).not.toMatch(/key-of-the-model|sbx_op_|MODEL_|SIGNALBOX_/);
});

test("an agent that dies fails the turn, with how it died", async () => {
  const { store, dir } = await playScene([{ type: "hang" }]);
  await until("it has said something", () => ofKind(store, "text-delta")[0]);
  process.kill(Number(readFileSync(join(dir, "spool", "t1", "agent.pid"), "utf8").split("\n")[0]), "SIGKILL");
  expect(await untilEnded(store)).toMatchObject({ outcome: "failed", error: { code: "agent-died" } });
  expect(ofKind(store, "agent-state").find(({ signal }) => signal === "SIGKILL")).toBeDefined();
});

test("an agent of the operator's own choice runs beside the built-in one, without our credentials", async () => {
  const store = createStore(TOKEN);
  const host = await startTestHost(store);
  onTestFinished(() => host.kill());
  const dir = temporaryFolder();
  // Not in the operator's folder: from inside a sandbox that can't be read.
  const script = join(temporaryFolder(), "agent.mjs");
  writeFileSync(script, OTHER_AGENT);
  const profiles = [
    { id: "other", name: "Other agent", command: process.execPath, args: [script], env: { OTHER_KEY: "its own" } },
    { id: "missing", name: "Missing agent", command: join(dir, "no-such-program") },
  ];
  writeFileSync(join(dir, "profiles.json"), JSON.stringify(profiles));
  startOperator({
    hostUrl: host.url,
    token: TOKEN,
    dir,
    env: { MODEL_API_KEY: "key-of-the-model", SHOP_TOKEN: "a-token-of-the-forge" },
  });
  const command = {
    type: "turn.start",
    turnId: "t1",
    runId: "r",
    chatId: "c",
    planId: "plan",
    prompt: "Hello",
    history: [{ role: "user", text: "Before" }],
  } as const;
  host.send({ ...command, history: [...command.history], profileId: "other" });
  expect(await untilEnded(store)).toMatchObject({ outcome: "completed", stopReason: "end_turn" });
  const said = ofKind(store, "text-delta")
    .map(({ text }) => text)
    .join("");
  expect(said).toContain("its own");
  expect(said).not.toMatch(/key-of-the-model|sbx_op_|a-token-of-the-forge/);
  expect(said).toContain("Before");
  expect(ofKind(store, "raw")).toMatchObject([{ type: "hologram" }]);
  expect(ofKind(store, "log")).toMatchObject([{ source: "agent.stderr", text: "a line on stderr" }]);
  expect(store.hellos[0]?.profiles.map(({ id }) => id)).toEqual(["builtin", "other", "missing"]);

  host.send({ ...command, history: [], turnId: "t2", profileId: "missing" });
  await until("the second turn has ended", () => store.turns.get("t2")?.isClosed);
  expect(store.turns.get("t2")?.entries.at(-1)).toMatchObject({
    outcome: "failed",
    error: { code: "agent-not-started" },
  });
  expect(runnerPid(dir, "t2")).not.toBe(runnerPid(dir, "t1"));
});

/** A minimal agent over bare JSON lines, which also says something that no SDK knows. */
const OTHER_AGENT = `
import { createInterface } from "node:readline";
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n");
const say = (update) => send({ method: "session/update", params: { sessionId: "s", update } });
console.error("a line on stderr");
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") send({ id, result: { protocolVersion: 1, agentCapabilities: {} } });
  if (method === "session/new") send({ id, result: { sessionId: "s" } });
  if (method === "session/prompt") {
    say({ sessionUpdate: "hologram", shape: 1 });
    const text = JSON.stringify(process.env) + JSON.stringify(params.prompt);
    say({ sessionUpdate: "agent_message_chunk", content: { type: "text", text } });
    send({ id, result: { stopReason: "end_turn" } });
  }
});
`;

function groupExists(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}
