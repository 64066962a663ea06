/**
 * Sandboxes as they are: real operators, real processes in bubblewrap, real requests through its proxy. Where a machine has no
 * bubblewrap, what is proved is that nothing runs there untold.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { lookup } from "node:dns/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, hostname } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LoggedSandboxEntry, type SandboxRequest } from "@signalbox/catalog/sandbox-entry";
import { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { describe, expect, onTestFinished, test } from "vitest";
import { isAlive, killGroup, readPidFile } from "../src/process-identity.ts";
import { probeSandbox } from "../src/sandbox/availability.ts";
import { startOperator, type OperatorProcess } from "./operator-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createStore, startTestHost, type HostStore, type TestHost } from "./test-host.ts";
import { until } from "./until.ts";

const TOKEN = "sbx_op_test";
const AGENT = fileURLToPath(new URL("./probing-agent.mjs", import.meta.url));
const HERE = await probeSandbox(process.env["PATH"]);

/** This machine has a name that leads to it. */
const IS_NAMED = await lookup(hostname()).then(
  () => /^[a-z0-9][a-z0-9.-]*$/i.test(hostname()),
  () => false,
);

type Step = { do: string } & Record<string, unknown>;
interface Setup {
  store: HostStore;
  host: TestHost;
  dir: string;
  operator: OperatorProcess;
  start(steps: Step[], profileId?: string): void;
}

async function setUp({
  sandbox = {},
  env = {},
}: { sandbox?: object; env?: Record<string, string> } = {}): Promise<Setup> {
  const store = createStore(TOKEN);
  const host = await startTestHost(store);
  onTestFinished(() => host.kill());
  const dir = temporaryFolder();
  const profile = { id: "probe", name: "Probe", command: process.execPath, args: [AGENT], sandbox };
  writeFileSync(join(dir, "profiles.json"), JSON.stringify([profile]));
  const operator = startOperator({
    hostUrl: host.url,
    token: TOKEN,
    dir,
    env: { SIGNALBOX_SANDBOX: "required", ...env },
  });
  const start = (steps: Step[], profileId = "probe"): void => {
    const prompt = JSON.stringify(steps);
    const ids = { turnId: "t1", runId: "r", chatId: "c", planId: "plan" };
    host.send({ type: "turn.start", ...ids, profileId, prompt, history: [] });
  };
  return { store, host, dir, operator, start };
}

function turnOf(store: HostStore): LoggedEntry[] {
  return (store.turns.get("t1")?.entries ?? []).map((entry) => LoggedEntry.parse(entry));
}

function logOf(store: HostStore): LoggedSandboxEntry[] {
  return (store.sandboxes.get("t1")?.entries ?? []).map((entry) => LoggedSandboxEntry.parse(entry));
}

function requestsOf(store: HostStore): Omit<SandboxRequest, "kind">[] {
  return logOf(store).flatMap((entry) => {
    if (entry.kind !== "request") return [];
    const { kind: _, seq: _seq, at: _at, ...request } = entry;
    return [request];
  });
}

async function untilOver(store: HostStore): Promise<void> {
  await until("the turn has ended on the host", () => store.turns.get("t1")?.isClosed);
  await until("the log of its sandbox has ended on the host", () => store.sandboxes.get("t1")?.isClosed);
}

async function resultsOf(store: HostStore): Promise<{ value?: unknown; error?: unknown }[]> {
  await untilOver(store);
  const text = turnOf(store)
    .map((entry) => (entry.kind === "text-delta" ? entry.text : ""))
    .join("");
  return JSON.parse(text) as { value?: unknown; error?: unknown }[];
}

/** Host and operator hold the same, gapless, from its start to its one end. */
function expectWholeLog({ store, dir }: Setup): void {
  const held = logOf(store);
  const lines = readFileSync(join(dir, "spool", "t1", "sandbox.jsonl"), "utf8")
    .trim()
    .split("\n");
  expect(held).toEqual(lines.map((line) => JSON.parse(line) as unknown));
  expect(held.map(({ seq }) => seq)).toEqual(held.map((_, index) => index + 1));
  expect(held[0]?.kind).toBe("sandbox-start");
  expect(held.filter(({ kind }) => kind === "sandbox-end")).toHaveLength(1);
  expect(held.at(-1)?.kind).toBe("sandbox-end");
}

/** An HTTP server of this machine that counts what reaches it. */
async function listen(): Promise<{ port: number; count: () => number }> {
  let count = 0;
  const server: Server = createServer((_request, response) => {
    count += 1;
    response.end("reached");
  });
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, count: () => count };
}

test("where bubblewrap is installed sandboxes come up", () => {
  const isInstalled = (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, "bwrap")));
  // In CI a broken sandbox must not pass for a missing one.
  if (process.env["CI"] === "true") expect(HERE.isAvailable).toBe(isInstalled);
  else if (!isInstalled) expect(HERE).toMatchObject({ reason: expect.stringContaining("bubblewrap") });
});

describe.skipIf(!HERE.isAvailable)("in bubblewrap", () => {
  test("an agent writes in its workspace and its temporary folder alone, and reads neither the operator's folder nor what its profile denies", async () => {
    const secrets = temporaryFolder();
    const open = temporaryFolder();
    for (const folder of [secrets, open]) writeFileSync(join(folder, "note.txt"), "a note");
    const hidden = temporaryFolder();
    writeFileSync(join(hidden, "store"), "the host's");
    const own = temporaryFolder();
    const setup = await setUp({
      sandbox: { allowWrite: [own], denyRead: [secrets] },
      env: { SIGNALBOX_SANDBOX_HIDES: hidden },
    });
    const { store, dir } = setup;
    mkdirSync(join(dir, "workspaces", "another-plan"), { recursive: true });
    writeFileSync(join(dir, "workspaces", "another-plan", "theirs.txt"), "another plan's");
    setup.start([
      { do: "write", path: "mine.txt" },
      { do: "write", path: join(dir, "spool", "t1", "tmp", "scratch") },
      { do: "write", path: join(open, "not-mine.txt") },
      { do: "write", path: join(homedir(), ".signalbox-sandbox-test") },
      { do: "read", path: join(open, "note.txt") },
      { do: "read", path: join(secrets, "note.txt") },
      { do: "read", path: join(hidden, "store") },
      { do: "read", path: join(dir, "profiles.json") },
      { do: "read", path: join(dir, "workspaces", "another-plan", "theirs.txt") },
      { do: "variable", name: "TMPDIR" },
      { do: "write", path: join(own, "session") },
      // What is hidden is an empty place: writing there changes nothing outside.
      { do: "write", path: join(dir, "profiles.json") },
    ]);
    const results = await resultsOf(store);
    const isDone = results.map((result) => !("error" in result));
    expect(isDone.slice(0, 11)).toEqual([true, true, false, false, true, false, false, false, false, true, true]);
    expect(readdirSync(own)).toEqual(["session"]);
    expect(results[4]).toEqual({ value: "a note" });
    expect(readFileSync(join(dir, "profiles.json"), "utf8")).not.toContain("written");
    expect(results[9]).toEqual({ value: join(dir, "spool", "t1", "tmp") });
    const workspace = join(dir, "workspaces", "plan");
    expect(readFileSync(join(workspace, "mine.txt"), "utf8")).toBe("written");
    // The sandbox leaves nothing of its own behind.
    expect(readdirSync(workspace)).toEqual(["mine.txt"]);
    expect(existsSync(join(dir, "spool", "t1", "tmp"))).toBe(false);
    expect(readdirSync(open)).toEqual(["note.txt"]);
  });

  test("[SB5] each request is written down, allowed or blocked, and nothing goes out beside the proxy", async () => {
    const allowed = await listen();
    const blocked = await listen();
    const setup = await setUp({ sandbox: { allowedDomains: [`127.0.0.1:${allowed.port}`] } });
    setup.start([
      { do: "get", url: `http://127.0.0.1:${allowed.port}/` },
      { do: "get", url: `http://127.0.0.1:${blocked.port}/` },
      { do: "fetch", url: "https://blocked.example/" },
      { do: "fetch", url: `http://127.0.0.1:${allowed.port}/again` },
      { do: "dial", host: "127.0.0.1", port: allowed.port },
      { do: "dial", host: "1.1.1.1", port: 443 },
    ]);
    const results = await resultsOf(setup.store);
    expect(results.map(({ value }) => value)).toEqual([200, 403, undefined, 200, undefined, undefined]);
    expect([allowed.count(), blocked.count()]).toEqual([2, 0]);
    const rule = `127.0.0.1:${allowed.port}`;
    const host = "127.0.0.1";
    const reason = "not on the allow list";
    expect(requestsOf(setup.store)).toEqual([
      { host, port: allowed.port, method: "GET", decision: "allowed", reason: rule },
      { host, port: blocked.port, method: "GET", decision: "blocked", reason },
      // Tunnels are not looked into.
      { host: "blocked.example", port: 443, decision: "blocked", reason },
      { host, port: allowed.port, decision: "allowed", reason: rule },
    ]);
    expectWholeLog(setup);
    expect(logOf(setup.store)[0]).toMatchObject({
      sandbox: "bubblewrap",
      folder: "workspaces/plan",
      policy: { allowedDomains: [rule] },
    });
    expect(logOf(setup.store).at(-1)).toMatchObject({ outcome: "stopped" });
    const spoken = turnOf(setup.store).map(({ kind }) => kind);
    expect(spoken.indexOf("sandbox")).toBeLessThan(spoken.indexOf("agent-state"));
  });

  test.skipIf(!IS_NAMED)(
    "an allowed name that leads back to this machine is blocked, and the log says why",
    async () => {
      const { port, count } = await listen();
      const setup = await setUp({ sandbox: { allowedDomains: [hostname()] } });
      setup.start([{ do: "get", url: `http://${hostname()}:${port}/` }]);
      await resultsOf(setup.store);
      expect(count()).toBe(0);
      expect(requestsOf(setup.store)).toMatchObject([
        { decision: "allowed", reason: hostname() },
        { decision: "blocked", reason: expect.stringMatching(/resolved to/) },
      ]);
    },
  );

  test("[SB1] daemon and host killed in the middle of the log: no gap, no repeat, and as many lines as requests", async () => {
    const { port, count } = await listen();
    const setup = await setUp({ sandbox: { allowedDomains: [`127.0.0.1:${port}`] } });
    const { store, dir } = setup;
    setup.start([{ do: "get", url: `http://127.0.0.1:${port}/`, times: 600 }]);
    await until("some of it is on the host", () => requestsOf(store).length > 5);
    setup.operator.kill("SIGKILL");
    await setup.operator.exited;
    const delivered = requestsOf(store).length;
    await until("the agent goes on without a daemon", () => count() > delivered);
    store.faults.cutBeforeAck = 2;
    const settings = { hostUrl: setup.host.url, token: TOKEN, dir };
    startOperator(settings);
    await until("the next daemon delivers", () => requestsOf(store).length > delivered);
    await setup.host.kill();
    const again = await startTestHost(store, setup.host.port);
    onTestFinished(() => again.kill());
    await untilOver(store);
    expectWholeLog(setup);
    expect([count(), requestsOf(store).length]).toEqual([600, 600]);
  });

  test("[SB5] a runner that is killed takes the way out with it, and its sandbox ends as failed", async () => {
    const { port, count } = await listen();
    const setup = await setUp({ sandbox: { allowedDomains: [`127.0.0.1:${port}`] } });
    const folder = join(setup.dir, "spool", "t1");
    setup.start([{ do: "get", url: `http://127.0.0.1:${port}/`, times: 100_000 }]);
    await until("it is at work", () => count() > 5);
    const runner = readPidFile(join(folder, "runner.pid"));
    const agent = readPidFile(join(folder, "agent.pid"));
    if (!runner || !agent) throw new Error("The turn has no runner.");
    killGroup(runner.pid, "SIGKILL");
    await untilOver(setup.store);
    expectWholeLog(setup);
    expect(logOf(setup.store).at(-1)).toMatchObject({
      outcome: "failed",
      reason: expect.stringContaining("ended unexpectedly"),
    });
    expect(turnOf(setup.store).at(-1)).toMatchObject({ error: { code: "runner-died" } });
    expect(isAlive(agent)).toBe(false);
    expect(readdirSync(join(setup.dir, "workspaces", "plan"))).toEqual([]);
    // Every request that reached the server has its line: it was written before it was let through.
    expect(requestsOf(setup.store).length).toBeGreaterThanOrEqual(count());
  });
});

describe("where no sandbox can come up", () => {
  /** A machine without bubblewrap: nothing is on its path. */
  const BARE = { PATH: "/nonexistent" };

  test("an agent is refused in words, nothing is started, and the host is told beforehand", async () => {
    const { store, dir, start } = await setUp({ env: BARE });
    start([{ do: "write", path: "mine.txt" }]);
    await untilOver(store);
    expect(turnOf(store).at(-1)).toMatchObject({
      outcome: "failed",
      error: {
        code: "sandbox-missing",
        message: expect.stringMatching(/bubblewrap, socat, ripgrep are not installed/),
      },
    });
    expect(existsSync(join(dir, "spool", "t1", "agent.pid"))).toBe(false);
    expect(logOf(store)).toMatchObject([{ kind: "sandbox-start" }, { kind: "sandbox-end", outcome: "failed" }]);
    expect(store.hellos[0]?.profiles).toMatchObject([
      { id: "builtin", sandbox: { kind: "missing" } },
      { id: "probe", sandbox: { kind: "missing", reason: expect.stringContaining("bubblewrap") } },
    ]);
  });

  test.each([
    ["its profile", { sandbox: { mode: "off" }, env: BARE }, /profiles\.json/],
    ["the operator's environment", { env: { ...BARE, SIGNALBOX_SANDBOX: "off" } }, /SIGNALBOX_SANDBOX=off/],
  ])(
    "told so by %s it runs without, and says so in its turn, its log and the operator's profiles",
    async (_by, given, reason) => {
      const { store, dir, start } = await setUp(given);
      start([{ do: "write", path: "mine.txt" }]);
      expect(await resultsOf(store)).toEqual([{ value: null }]);
      expect(readFileSync(join(dir, "workspaces", "plan", "mine.txt"), "utf8")).toBe("written");
      const said = { sandbox: "none", reason: expect.stringMatching(reason) };
      expect(turnOf(store).find(({ kind }) => kind === "sandbox")).toMatchObject(said);
      expect(logOf(store)).toMatchObject([
        { kind: "sandbox-start", ...said },
        { kind: "sandbox-up" },
        { kind: "sandbox-end" },
      ]);
      expect(store.hellos[0]?.profiles[1]).toMatchObject({
        sandbox: { kind: "none", reason: expect.stringMatching(reason) },
      });
    },
  );

  test("the demo agent runs all the same, and says that nothing holds it", async () => {
    const { store, start } = await setUp({ env: { ...BARE, SIGNALBOX_SANDBOX: "" } });
    start([], "builtin");
    await untilOver(store);
    expect(turnOf(store).at(-1)).toMatchObject({ outcome: "completed" });
    expect(turnOf(store).find(({ kind }) => kind === "sandbox")).toMatchObject({ sandbox: "none" });
    expect(store.hellos[0]?.profiles[0]).toMatchObject({ isDemo: true, sandbox: { kind: "none" } });
  });
});
