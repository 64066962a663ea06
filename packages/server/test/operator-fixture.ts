/** An operator as its host sees it, without a socket, and turns for it. */
import type { AppendInput, AppendOutput, HelloInput, HelloOutput } from "@signalbox/catalog/operator-protocol";
import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import type { Scope } from "../src/access/scope.ts";
import type { OperatorIdentity } from "../src/operators/operator-tokens.ts";
import type { TestHost } from "./test-host.ts";

export const PROFILE = { id: "builtin", name: "Built-in", isDemo: true };

export type SentEntry = AppendInput["entries"][number];

export interface TestOperator {
  identity: OperatorIdentity;
  token: string;
  generation: number;
  hello(turns?: HelloInput["turns"]): Promise<HelloOutput>;
  append(turnId: string, entries: SentEntry[], generation?: number): Promise<AppendOutput>;
  /** The same for the log of the turn's sandbox. */
  sandboxAppend(turnId: string, entries: SentEntry[], generation?: number): Promise<AppendOutput>;
}

/** Enrols an operator; `isConnected: false` leaves its hello to the test. */
export async function enroll(
  { host }: TestHost,
  workspaceId: string,
  { isConnected = true } = {},
): Promise<TestOperator> {
  const { id, token } = await host.operators.enroll({ workspaceId, name: "Operator" });
  const identity = { id, workspaceId };
  const operator: TestOperator = {
    identity,
    token,
    generation: 0,
    async hello(turns = []) {
      const output = await host.operators.hello(identity, {
        protocol: PROTOCOL_VERSION,
        version: "0",
        instanceId: "i",
        profiles: [PROFILE],
        turns,
      });
      operator.generation = output.generation;
      return output;
    },
    append: (turnId, entries, generation = operator.generation) =>
      host.ingest.append(id, { generation, turnId, entries }),
    sandboxAppend: (turnId, entries, generation = operator.generation) =>
      host.sandboxIngest.append(id, { generation, turnId, entries }),
  };
  if (isConnected) await operator.hello();
  return operator;
}

/** Starts a turn in a chat of its own, on a plan of its own. */
export async function startTurn(
  { host }: TestHost,
  scope: Scope,
  prompt = "Do it",
): Promise<{ turnId: string; runId: string; chatId: string; planId: string }> {
  const plan = await host.plans.create(scope, { title: "Plan" });
  const chat = await host.chats.create(scope, plan.id);
  const started = await host.turns.start(scope, { chatId: chat.id, prompt });
  return { ...started, chatId: chat.id, planId: plan.id };
}

/** Text entries `first` to `last`, each saying its own number. */
export function texts(first: number, last: number): SentEntry[] {
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    seq: first + index,
    at: 1_000 + first + index,
    kind: "text-delta",
    text: `${first + index} `,
  }));
}

/** A sandbox that comes up: the first two entries of its log. */
export function sandboxUp(): SentEntry[] {
  const policy = { allowedDomains: ["api.example.com"], allowWrite: [], denyRead: ["~/.ssh"] };
  return [
    { seq: 1, at: 1_001, kind: "sandbox-start", sandbox: "bubblewrap", folder: "workspaces/plan", policy },
    { seq: 2, at: 1_002, kind: "sandbox-up" },
  ];
}

/** Requests `first` to `last`; every third of them blocked. */
export function requests(first: number, last: number): SentEntry[] {
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const seq = first + index;
    const isAllowed = seq % 3 !== 0;
    return {
      seq,
      at: 1_000 + seq,
      kind: "request",
      host: isAllowed ? "api.example.com" : `host-${seq}.example.net`,
      port: 443,
      decision: isAllowed ? "allowed" : "blocked",
      reason: isAllowed ? "api.example.com" : "not on the allow list",
    };
  });
}

export function sandboxEnd(seq: number): SentEntry {
  return { seq, at: 1_000 + seq, kind: "sandbox-end", outcome: "stopped" };
}

export function end(seq: number, outcome: "completed" | "failed" | "cancelled" = "completed"): SentEntry {
  return { seq, at: 1_000 + seq, kind: "turn-end", outcome };
}
