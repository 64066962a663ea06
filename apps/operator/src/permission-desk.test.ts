import type { RequestPermissionRequest } from "@agentclientprotocol/sdk";
import { TurnEntry } from "@signalbox/catalog/turn-entry";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { createPermissionDesk, type PermissionDeskOptions } from "./permission-desk.ts";
import { openPermissionMemory } from "./permission-memory.ts";

const REQUEST: RequestPermissionRequest = {
  sessionId: "s",
  toolCall: { toolCallId: "call", title: "rm -r build" },
  options: [
    { optionId: "yes", name: "Allow", kind: "allow_once" },
    { optionId: "no", name: "Reject", kind: "reject_once" },
  ],
};

function createDesk({
  policy = "ask",
  dir = temporaryFolder(),
}: { policy?: PermissionDeskOptions["policy"]; dir?: string } = {}) {
  const entries: TurnEntry[] = [];
  const memory = openPermissionMemory(dir, { chatId: "chat", profileId: "profile" });
  const desk = createPermissionDesk({ policy, memory, write: (entry) => entries.push(TurnEntry.parse(entry)) });
  return { entries, desk, dir };
}

function asking(kind: "read" | "edit" | "execute", title: string): RequestPermissionRequest {
  return { ...REQUEST, toolCall: { toolCallId: title, kind, title } };
}

test("a request takes the first answer that it offers, and no other", async () => {
  const { desk, entries } = createDesk();
  const answer = desk.ask(REQUEST);
  desk.answer("permission-2", "yes");
  desk.answer("permission-1", "something else");
  desk.answer("permission-1", "no");
  desk.answer("permission-1", "yes");
  expect(await answer).toBe("no");
  expect(entries.map(({ kind }) => kind)).toEqual([
    "permission-request",
    "agent-state",
    "permission-resolved",
    "agent-state",
  ]);
  expect(entries[2]).toMatchObject({ requestId: "permission-1", outcome: "selected", optionId: "no" });
});

test("the agent is resumed when the last of several requests is answered", () => {
  const { desk, entries } = createDesk();
  void desk.ask(REQUEST);
  void desk.ask(REQUEST);
  desk.answer("permission-2", "yes");
  expect(entries.at(-1)?.kind).toBe("permission-resolved");
  desk.answer("permission-1", "yes");
  expect(entries.at(-1)).toEqual({ kind: "agent-state", state: "resumed" });
});

test("closing cancels what waits and what comes later", async () => {
  const { desk, entries } = createDesk();
  const waiting = desk.ask(REQUEST);
  desk.close();
  expect(await waiting).toBeNull();
  expect(await desk.ask(REQUEST)).toBeNull();
  expect(entries.filter((entry) => entry.kind === "permission-resolved" && entry.outcome === "cancelled")).toHaveLength(
    2,
  );
});

test.each([
  ["allow", "execute", "yes"],
  ["allow", "read", "yes"],
  ["reject", "read", "no"],
  ["allow-reads", "read", "yes"],
] as const)(
  "the policy %s answers a call that would %s without a person, and says that it was the policy",
  async (policy, kind, expected) => {
    const { desk, entries } = createDesk({ policy });
    expect(await desk.ask(asking(kind, "it"))).toBe(expected);
    expect(entries.map((entry) => entry.kind)).toEqual(["permission-request", "permission-resolved"]);
    expect(entries[1]).toMatchObject({ optionId: expected, by: "policy" });
  },
);

test.each([
  ["ask", "read"],
  ["allow-reads", "edit"],
  ["allow-reads", "execute"],
] as const)("the policy %s leaves a call that would %s to a person", async (policy, kind) => {
  const { desk, entries } = createDesk({ policy });
  const answer = desk.ask(asking(kind, "it"));
  expect(entries.at(-1)).toMatchObject({ kind: "agent-state", state: "waiting" });
  desk.answer("permission-1", "no");
  expect(await answer).toBe("no");
});

test("a request that no longer says what it is about is known by its call", async () => {
  const { desk, entries } = createDesk({ policy: "allow-reads" });
  desk.noteCall({ kind: "tool-call", callId: "call", toolKind: "read", title: "Read a.txt" });
  expect(await desk.ask({ ...REQUEST, toolCall: { toolCallId: "call" } })).toBe("yes");
  expect(entries[0]).toMatchObject({ title: "Read a.txt" });
});

test("always is offered to every agent, holds for the chat's later turns, and for commands only for the same one", async () => {
  const first = createDesk();
  const answer = first.desk.ask(asking("execute", "npm test"));
  expect(first.entries[0]).toMatchObject({
    options: [{ kind: "allow_once" }, { kind: "allow_always" }, { kind: "reject_once" }],
  });
  first.desk.answer("permission-1", "signalbox/allow-always");
  // The agent knows no such option: it is told its own "once".
  expect(await answer).toBe("yes");

  const later = createDesk({ dir: first.dir, policy: "reject" });
  expect(await later.desk.ask(asking("execute", "npm test"))).toBe("yes");
  expect(later.entries.at(-1)).toMatchObject({ by: "memory", optionId: "yes" });
  expect(await later.desk.ask(asking("execute", "rm -r /"))).toBe("no");
  const memory = (chatId: string, profileId: string) => openPermissionMemory(first.dir, { chatId, profileId });
  expect(memory("chat", "profile").decisionOn("execute: npm test")).toBe("allow");
  expect(memory("another", "profile").decisionOn("execute: npm test")).toBeNull();
  expect(memory("chat", "another").decisionOn("execute: npm test")).toBeNull();
  expect(memory("../chat", "profile").decisionOn("execute: npm test")).toBeNull();
});

test("edits are decided by their kind, and the agent's own always goes to the agent as it is", async () => {
  const { desk, dir } = createDesk();
  const own = { optionId: "all-edits", name: "Always allow all edits", kind: "allow_always" as const };
  const answer = desk.ask({ ...asking("edit", "Write a.txt"), options: [own, ...REQUEST.options] });
  desk.answer("permission-1", "all-edits");
  expect(await answer).toBe("all-edits");
  expect(await createDesk({ dir }).desk.ask(asking("edit", "Write b.txt"))).toBe("yes");
});

test("what waits is withdrawn when its agent is gone, and the next one may ask", async () => {
  const { desk, entries } = createDesk();
  const waiting = desk.ask(REQUEST);
  desk.withdraw();
  expect(await waiting).toBeNull();
  const next = desk.ask(REQUEST);
  desk.answer("permission-2", "yes");
  expect(await next).toBe("yes");
  expect(entries.filter((entry) => entry.kind === "agent-state" && entry.state === "resumed")).toHaveLength(1);
});
