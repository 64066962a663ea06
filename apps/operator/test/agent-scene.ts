/** A team's scene for tests of agents: a host, and an operator with agents that are configured beside it and in the workspace. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { WorkspaceProfile } from "@signalbox/catalog/agent-profile";
import type { AgentProfile, OperatorCommand } from "@signalbox/catalog/operator-protocol";
import { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { expect, onTestFinished } from "vitest";
import { spooled, startOperator, type OperatorProcess } from "./operator-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createStore, startTestHost, type HostStore, type TestHost } from "./test-host.ts";
import { until } from "./until.ts";

const TOKEN = "sbx_op_test";
export const AGENT = fileURLToPath(new URL("./fake-agent.ts", import.meta.url));
const ALLOWED = [
  { command: process.execPath, args: [AGENT, "steady"], env: ["GIVEN_KEY"] },
  { command: process.execPath, args: [AGENT, "asks"] },
  { command: process.execPath, args: [AGENT, "ends"] },
  { command: "no-such-agent-here", args: [] },
];

export interface Scene {
  store: HostStore;
  host: TestHost;
  dir: string;
  operator: OperatorProcess;
}

export function profile(id: string, changes: Partial<WorkspaceProfile> = {}): WorkspaceProfile {
  const base = { command: process.execPath, args: [AGENT, "steady"], env: [], model: null, policy: "ask" as const };
  return { id, name: `Profile ${id}`, ...base, ...changes };
}

export async function play({
  own = [],
  workspace = [],
  allowed = ALLOWED,
}: {
  own?: unknown[];
  workspace?: WorkspaceProfile[];
  allowed?: unknown[];
}): Promise<Scene> {
  const store = createStore(TOKEN);
  store.profiles = workspace;
  const host = await startTestHost(store);
  onTestFinished(() => host.kill());
  const dir = temporaryFolder();
  writeFileSync(join(dir, "profiles.json"), JSON.stringify(own));
  writeFileSync(join(dir, "allowed-agents.json"), JSON.stringify(allowed));
  const env = { GIVEN_KEY: "g", SECRET_KEY: "s" };
  return { store, host, dir, operator: startOperator({ hostUrl: host.url, token: TOKEN, dir, env }) };
}

export function registered({ store }: Scene, id: string): AgentProfile | undefined {
  return store.registered.find((agent) => agent.id === id);
}

export function startTurn({ host }: Scene, turnId: string, profileId: string, given?: WorkspaceProfile): void {
  const command: Extract<OperatorCommand, { type: "turn.start" }> = {
    type: "turn.start",
    turnId,
    runId: `r-${turnId}`,
    chatId: "chat",
    planId: "plan",
    profileId,
    ...(given ? { profile: given } : {}),
    prompt: "Do it",
    history: [],
  };
  host.send(command);
}

export async function ended({ store, dir }: Scene, turnId: string): Promise<LoggedEntry[]> {
  await until(`${turnId} has ended on the host`, () => store.turns.get(turnId)?.isClosed);
  const entries = (store.turns.get(turnId)?.entries ?? []).map((entry) => LoggedEntry.parse(entry));
  expect(entries).toEqual(spooled(dir, turnId));
  return entries;
}

export function textOf(entries: LoggedEntry[]): string {
  return entries.map((entry) => (entry.kind === "text-delta" ? entry.text : "")).join("");
}

export function statesOf(entries: LoggedEntry[]): string[] {
  return entries.flatMap((entry) => (entry.kind === "agent-state" ? [entry.state] : []));
}
