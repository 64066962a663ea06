/** Agents of others: configured beside the operator or in the workspace, looked for, and run. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { OperatorCommand } from "@signalbox/catalog/operator-protocol";
import { expect, onTestFinished, test } from "vitest";
import { AGENT, ended, play, profile, registered, startTurn, statesOf, textOf } from "./agent-scene.ts";
import { until } from "./until.ts";

test("[OP11] agents are looked for and registered: ready with the version they tell, missing, broken, or not allowed here", async () => {
  const scene = await play({
    own: [{ id: "own", name: "Own", command: process.execPath, args: [AGENT, "steady"] }],
    workspace: [
      profile("allowed"),
      profile("missing", { command: "no-such-agent-here", args: [] }),
      profile("forbidden", { command: "sh", args: ["-c", "id > forbidden.txt"] }),
      profile("broken", { args: [AGENT, "ends"] }),
      profile("built-in", { command: "signalbox-agent", args: [] }),
    ],
  });
  await until("all were looked for", () => registered(scene, "broken")?.presence?.state === "broken");
  expect(scene.store.registered).toMatchObject([
    { id: "builtin", isDemo: true, presence: { state: "ready" } },
    { id: "own", presence: { state: "ready", version: "1.2.3", detail: "Fake Agent" } },
    { id: "allowed", source: "workspace", presence: { state: "ready", version: "1.2.3" } },
    { id: "missing", presence: { state: "missing" } },
    { id: "forbidden", presence: { state: "not-allowed" } },
    {
      id: "broken",
      presence: { state: "broken", detail: "It ended with code 3 instead of answering. no key was given" },
    },
    { id: "built-in", isDemo: true, presence: { state: "ready" } },
  ]);
});

test("[OP11] profiles that change are read again, and a reconnect tells them at once", async () => {
  const scene = await play({ workspace: [profile("first")] });
  await until("the first is registered", () => registered(scene, "first"));
  scene.store.profiles = [profile("second", { name: "Another" })];
  scene.host.send({ type: "profiles.changed" });
  await until("the second is registered", () => registered(scene, "second")?.presence?.version);
  expect(registered(scene, "first")).toBeUndefined();
  scene.host.dropAll();
  await until("it is back", () => scene.store.hellos.length === 2);
  expect(scene.store.hellos[1]?.profiles.map(({ id }) => id)).toEqual(["builtin", "second"]);
});

test("[OP13] a command of a type that this version does not know is answered, and the connection lives on", async () => {
  const scene = await play({});
  const commandId = scene.host.send({ type: "moon.land" } as unknown as OperatorCommand);
  await until("it is answered", () => scene.store.replies.length === 1);
  expect(scene.store.replies[0]).toMatchObject({ commandId, result: { ok: false, code: "unknown-command" } });
  startTurn(scene, "t1", "builtin");
  expect((await ended(scene, "t1")).at(-1)).toMatchObject({ outcome: "completed" });
  expect(scene.store.hellos).toHaveLength(1);
});

test("[OP12] an allowed profile runs with the variables and the model that it names, and with no other of ours", async () => {
  const scene = await play({});
  startTurn(scene, "t1", "p", profile("p", { env: ["GIVEN_KEY"], model: "large" }));
  const entries = await ended(scene, "t1");
  expect(entries.at(-1)).toMatchObject({ kind: "turn-end", outcome: "completed" });
  expect(entries[0]).toMatchObject({ agent: { profileId: "p", name: "Profile p" } });
  const text = textOf(entries);
  expect(text).toContain("model large;");
  expect(text).toContain("GIVEN_KEY");
  expect(text).not.toMatch(/SECRET_KEY|SIGNALBOX_/);
});

test("a model that the agent does not offer is told, and the turn goes on", async () => {
  const scene = await play({});
  startTurn(scene, "t1", "p", profile("p", { model: "huge" }));
  const entries = await ended(scene, "t1");
  expect(entries.find((entry) => entry.kind === "notice")).toMatchObject({ title: expect.stringContaining("huge") });
  expect(textOf(entries)).toContain("model small;");
});

test("[OP12] a command line that is not allowed here is never run, whatever the host says", async () => {
  const scene = await play({});
  const marker = join(scene.dir, "it-ran.txt");
  const forbidden = profile("p", { command: "/bin/sh", args: ["-c", `echo ran > ${marker}`] });
  startTurn(scene, "t1", "p", forbidden);
  const entries = await ended(scene, "t1");
  expect(entries.map(({ kind }) => kind)).toEqual(["turn-start", "turn-end"]);
  expect(entries.at(-1)).toMatchObject({ outcome: "failed", error: { code: "agent-not-allowed" } });
  expect(existsSync(marker)).toBe(false);
});

test("an agent behind the gateway reaches its model without the key, and its usage and limits are told for it", async () => {
  const keys: unknown[] = [];
  const provider = createServer((incoming, response) => {
    keys.push(incoming.headers["x-api-key"]);
    incoming.resume();
    response.writeHead(keys.length === 1 ? 429 : 200, { "content-type": "application/json", "retry-after": "1" });
    response.end(JSON.stringify({ model: "claude-x", usage: { input_tokens: 11, output_tokens: 7 } }));
  });
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    provider.close();
  });
  const baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const gateway = { api: "anthropic", baseUrl, keyVariable: "SECRET_KEY" };
  const line = { command: process.execPath, args: [AGENT, "calls-model"] };
  const scene = await play({
    own: [{ id: "own", name: "Own", ...line, gateway }],
    allowed: [{ ...line, gateway }],
  });
  for (const turnId of ["t1", "t2"]) {
    if (turnId === "t1") startTurn(scene, turnId, "own");
    else startTurn(scene, turnId, "p", profile("p", { args: line.args }));
    const entries = await ended(scene, turnId);
    expect(textOf(entries)).toMatch(/key sbx_run_\S+; answer 200/);
    expect(textOf(entries)).not.toContain("SECRET_KEY");
    expect(entries.findLast(({ kind }) => kind === "usage")).toMatchObject({
      scope: "step",
      model: "claude-x",
      inputTokens: 11,
      outputTokens: 7,
    });
  }
  expect(new Set(keys)).toEqual(new Set(["s"]));
  const limits = ["t1", "t2"].flatMap(
    (id) => scene.store.turns.get(id)?.entries.filter(({ kind }) => kind === "rate-limit") ?? [],
  );
  expect(limits).toMatchObject([
    { state: "hit", status: 429, retryAfterMs: 1_000, provider: new URL(baseUrl).host },
    { state: "lifted" },
  ]);
});

test("[OP16] output that is too large for an entry is cut, says how long it was, and is kept whole in an attachment", async () => {
  const own = [{ id: "own", name: "Own", command: process.execPath, args: [AGENT, "floods"] }];
  const scene = await play({ own });
  const whole = Array.from({ length: 20_000 }, (_, line) => `line ${line + 1} of the output \u{1F6A6}`).join("\n");
  startTurn(scene, "t1", "own");
  const entries = await ended(scene, "t1");
  const call = entries.find((entry) => entry.kind === "tool-call");
  expect(call).toMatchObject({
    content: [{ type: "text", fullLength: whole.length, text: expect.stringMatching(/^line 1 of/) }],
    attachment: { attachmentId: "a1", characters: whole.length },
  });
  // Stored and not acknowledged, or cut off: each piece is there once.
  scene.store.faults.cutBeforeAck = 2;
  await until("the attachment is whole", () => scene.store.attachments.get("t1/a1")?.isWhole);
  expect(scene.store.attachments.get("t1/a1")?.pieces.join("")).toBe(whole);
  expect(scene.store.attachments.get("t1/a1")?.pieces.length).toBeGreaterThan(5);
  await until("it is known as delivered", () =>
    existsSync(join(scene.dir, "spool", "t1", "attachments", "a1.txt.delivered")),
  );
});

test("[OP15] a file of the folder that a turn worked in is read by a command; what leads out of it is refused", async () => {
  const own = [{ id: "own", name: "Own", command: process.execPath, args: [AGENT, "floods"] }];
  const scene = await play({ own });
  startTurn(scene, "t1", "own");
  await ended(scene, "t1");
  const worktree = join(scene.dir, "worktrees", "a1");
  mkdirSync(worktree, { recursive: true });
  writeFileSync(join(worktree, "written.txt"), "in an attempt");
  const read = async (planId: string, path: string, attemptId?: string) => {
    const commandId = scene.host.send({ type: "file.read", planId, attemptId, path, offset: 0 });
    const reply = await until("it is answered", () => scene.store.replies.find((one) => one.commandId === commandId));
    return reply.result;
  };
  expect(await read("plan", "written.txt")).toEqual({
    ok: true,
    value: { base64: Buffer.from("written by the agent").toString("base64"), offset: 0, size: 20 },
  });
  expect(await read("plan", join(scene.dir, "workspaces", "plan", "written.txt"))).toMatchObject({ ok: true });
  expect(await read("plan", "written.txt", "a1")).toMatchObject({
    value: { base64: Buffer.from("in an attempt").toString("base64") },
  });
  expect(await read("plan", "written.txt", "a2")).toMatchObject({ ok: false, code: "not-found" });
  expect(await read("plan", "written.txt", "../spool")).toMatchObject({ ok: false, code: "bad-request" });
  expect(await read("plan", "../../profiles.json")).toMatchObject({ ok: false, code: "outside" });
  expect(await read("../spool", "t1/entries.jsonl")).toMatchObject({ ok: false, code: "bad-request" });
  expect(await read("another", "a.txt")).toMatchObject({ ok: false, code: "not-found" });
  expect(scene.operator.log()).not.toContain(Buffer.from("written by the agent").toString("base64"));
});

test("always, given once, holds in the chat's next turn; another command line's policy decides by itself", async () => {
  const scene = await play({});
  const asking = profile("p", { args: [AGENT, "asks"] });
  startTurn(scene, "t1", "p", asking);
  const request = await until("it asks", () =>
    (scene.store.turns.get("t1")?.entries ?? []).find((entry) => entry.kind === "permission-request"),
  );
  expect(request).toMatchObject({ title: "make the file" });
  scene.host.send({
    type: "permission.answer",
    turnId: "t1",
    requestId: String(request["requestId"]),
    optionId: "signalbox/allow-always",
  });
  expect(textOf(await ended(scene, "t1"))).toBe("chosen: once");
  startTurn(scene, "t2", "p", asking);
  const second = await ended(scene, "t2");
  expect(textOf(second)).toBe("chosen: once");
  expect(second.find((entry) => entry.kind === "permission-resolved")).toMatchObject({ by: "memory" });
  expect(statesOf(second)).toEqual(["spawned", "running", "stopped"]);
  startTurn(scene, "t3", "q", profile("q", { args: [AGENT, "asks"], policy: "reject" }));
  const third = await ended(scene, "t3");
  expect(textOf(third)).toBe("chosen: no");
  expect(third.find((entry) => entry.kind === "permission-resolved")).toMatchObject({ by: "policy" });
});

// Through the SDK, which drops what it does not know: it is read from the wire before it.
test("[OP9] what the protocol's version here does not know comes through a real agent's wire whole, in its place", async () => {
  const own = [{ id: "own", name: "Own", command: process.execPath, args: [AGENT, "newer"] }];
  const scene = await play({ own });
  startTurn(scene, "t1", "own");
  const entries = await ended(scene, "t1");
  expect(entries.at(-1)).toMatchObject({ outcome: "completed" });
  expect(entries.filter(({ kind }) => kind === "raw")).toMatchObject([
    { source: "acp", type: "hologram", value: { sessionUpdate: "hologram", shape: { sides: 6 } } },
    {
      source: "acp",
      type: "agent_message_chunk",
      value: { sessionUpdate: "agent_message_chunk", content: { type: "smell", value: "rain" } },
    },
    { source: "acp", type: "_vendor/mood", value: { mood: "curious" } },
  ]);
  const kinds = entries.map(({ kind }) => kind);
  expect(kinds.lastIndexOf("raw")).toBeLessThan(kinds.indexOf("text-delta"));
});
