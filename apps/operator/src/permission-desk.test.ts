import type { RequestPermissionRequest } from "@agentclientprotocol/sdk";
import { TurnEntry } from "@signalbox/catalog/turn-entry";
import { expect, test } from "vitest";
import { createPermissionDesk } from "./permission-desk.ts";

const REQUEST: RequestPermissionRequest = {
  sessionId: "s",
  toolCall: { toolCallId: "call", title: "rm -r build" },
  options: [
    { optionId: "yes", name: "Allow", kind: "allow_once" },
    { optionId: "no", name: "Reject", kind: "reject_once" },
  ],
};

function createDesk() {
  const entries: TurnEntry[] = [];
  return { entries, desk: createPermissionDesk((entry) => entries.push(TurnEntry.parse(entry))) };
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
