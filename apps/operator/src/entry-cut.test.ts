import { mkdirSync } from "node:fs";
import { ENTRY_MAX_BYTES } from "@signalbox/catalog/bounds";
import { TurnEntry } from "@signalbox/catalog/turn-entry";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { createAttachmentWriter, piecesOf, undeliveredAttachments } from "./attachments.ts";
import { fitEntry } from "./entry-cut.ts";
import { turnFolder } from "./turn-folder.ts";

const items = <T>(length: number, item: T): T[] => Array.from({ length }, () => item);

// Content beyond the fourth part, places beyond the twentieth, and the ends of todos once went without a word.
test.each<[string, TurnEntry, object]>([
  [
    "content and places",
    {
      kind: "tool-call",
      callId: "c",
      content: items(7, { type: "text", text: "y".repeat(20_000) }),
      locations: items(50, { path: "p".repeat(100) }),
    },
    { fullCounts: { content: 7, locations: 50 } },
  ],
  [
    "places that were not cut",
    { kind: "tool-call", callId: "c", output: "o".repeat(90_000), locations: items(3, { path: "p" }) },
    { output: { fullLength: 90_000 }, locations: items(3, { path: "p" }) },
  ],
  [
    "commands and settings",
    { kind: "session", commands: items(900, { name: "n", description: "d".repeat(200) }), config: items(5, "c") },
    {
      fullCounts: { commands: 900, config: 5 },
      commands: items(100, { name: "n", description: expect.stringMatching(/^d{80}… \(cut: 200 characters\)$/) }),
    },
  ],
  [
    "todos",
    { kind: "todos", todos: items(400, { content: "t".repeat(400), status: "pending", priority: "low" }) },
    {
      fullCounts: { todos: 400 },
      todos: items(100, { content: expect.stringMatching(/^t{80}… \(cut: 400 characters\)$/), status: "pending" }),
    },
  ],
])("an entry whose lists are cut says how many items each of them had: %s", (_name, entry, said) => {
  const [cut, ...more] = fitEntry(entry);
  expect(more).toEqual([]);
  expect(TurnEntry.parse(cut)).toEqual(cut);
  expect(Buffer.byteLength(JSON.stringify(cut))).toBeLessThan(ENTRY_MAX_BYTES);
  expect(cut).toMatchObject({ kind: entry.kind, ...said });
  if (!("fullCounts" in said)) expect(cut).not.toHaveProperty("fullCounts");
});

test("a list of todos in many bytes fits, whatever they are written in", () => {
  const todos = items(500, {
    content: "\u0001".repeat(400),
    status: "in_progress" as const,
    priority: "medium" as const,
  });
  const [cut] = fitEntry({ kind: "todos", todos });
  expect(cut).toMatchObject({ kind: "todos", fullCounts: { todos: 500 } });
  expect(Buffer.byteLength(JSON.stringify(cut))).toBeLessThan(ENTRY_MAX_BYTES);
});

test("the places that an entry had no room for are in its attachment", () => {
  const dir = temporaryFolder();
  const { path } = turnFolder(dir, "t1");
  mkdirSync(path, { recursive: true });
  const locations = Array.from({ length: 900 }, (_, line) => ({ path: `${"p".repeat(100)}/${line}` }));
  const content = [{ type: "text" as const, text: "found" }];
  createAttachmentWriter(path).keep({ kind: "tool-call", callId: "c", content, locations });
  const [kept] = undeliveredAttachments(dir);
  expect(JSON.parse(kept ? piecesOf(kept).join("") : "")).toEqual({ content, locations });
});
