/** Recordings that are no ACP messages: parts of the AI SDK's stream, and entries in the words of an older prototype. */
import { readFileSync } from "node:fs";
import { readEntry, TurnEntry } from "@signalbox/catalog/turn-entry";
import { applyEntry, assistantText, emptyTurnView } from "@signalbox/catalog/turn-view";
import type { TextStreamPart, ToolSet } from "ai";
import { describe, expect, test } from "vitest";
import { createPartMapper } from "../src/agent/part-updates.ts";
import { record, text, type JsonRecord } from "../src/json-value.ts";
import { createAcpMapper } from "../src/map-acp.ts";

function linesOf(path: string): JsonRecord[] {
  return readFileSync(new URL(`fixtures/${path}`, import.meta.url), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => record(JSON.parse(line)));
}

function ofKind<K extends TurnEntry["kind"]>(entries: TurnEntry[], kind: K): Extract<TurnEntry, { kind: K }>[] {
  return entries.filter((entry): entry is Extract<TurnEntry, { kind: K }> => entry.kind === kind);
}

describe("parts of the AI SDK's stream", () => {
  const parts = linesOf("ai-sdk/aisdk-raw-parts.jsonl");
  const ofType = (type: string) => parts.filter((part) => part["type"] === type);
  const joined = (type: string) =>
    ofType(type)
      .map((part) => text(part["text"]) ?? "")
      .join("");

  /** The way that they go in the product: the built-in agent's updates, over ACP, mapped by the operator. */
  function mapped(): TurnEntry[] {
    const [agent, mapper] = [createPartMapper(null), createAcpMapper()];
    return parts.flatMap((part) =>
      agent
        .updatesOf(part as unknown as TextStreamPart<ToolSet>)
        .flatMap((update) =>
          mapper.mapMessage("session/update", JSON.parse(JSON.stringify({ sessionId: "s", update }))),
        ),
    );
  }

  test("map to valid entries, none of them raw", () => {
    const entries = mapped();
    expect(entries.length).toBeGreaterThan(30);
    for (const entry of entries) expect(TurnEntry.parse(entry)).toEqual(entry);
    expect(ofKind(entries, "raw")).toEqual([]);
  });

  test("lose no word, no call, no result, no todo and no token", () => {
    const entries = mapped();
    expect(
      ofKind(entries, "text-delta")
        .map((entry) => entry.text)
        .join(""),
    ).toBe(joined("text-delta"));
    expect(
      ofKind(entries, "thought-delta")
        .map((entry) => entry.text)
        .join(""),
    ).toBe(joined("reasoning-delta"));
    const view = entries.reduce(applyEntry, emptyTurnView());
    const tools = view.parts.filter((part) => part.type === "tool");
    const results = ofType("tool-result");
    expect(results.length).toBeGreaterThan(2);
    expect(tools.map(({ callId, name, input, output, status }) => ({ callId, name, input, output, status }))).toEqual(
      results.map((part) => ({
        callId: part["toolCallId"],
        name: part["toolName"],
        input: part["input"],
        output: part["output"],
        status: "completed",
      })),
    );
    // What was streamed of the inputs is what the calls hold.
    for (const call of ofType("tool-call")) {
      const streamed = ofType("tool-input-delta")
        .filter(({ id }) => id === call["toolCallId"])
        .map(({ delta }) => text(delta) ?? "")
        .join("");
      expect(JSON.parse(streamed)).toMatchObject(record(call["input"]));
    }
    expect(view.todos.map(({ content }) => content)).toEqual(["List files", "Write hello.txt"]);
    const steps = ofKind(entries, "usage").filter(({ scope }) => scope === "step");
    const total = record(record(ofType("finish")[0])["totalUsage"]);
    expect(steps.reduce((sum, step) => sum + (step.inputTokens ?? 0), 0)).toBe(total["inputTokens"]);
    expect(steps.reduce((sum, step) => sum + (step.outputTokens ?? 0), 0)).toBe(total["outputTokens"]);
    expect(steps.reduce((sum, step) => sum + (step.cachedReadTokens ?? 0), 0)).toBe(2_000);
    expect(steps.reduce((sum, step) => sum + (step.thoughtTokens ?? 0), 0)).toBe(12);
  });
});

describe("entries in older words", () => {
  const lines = linesOf("older-words/turn-chunks-claude-e2e.jsonl");
  const NEW_WORDS: Record<string, TurnEntry["kind"]> = {
    "turn.started": "turn-start",
    agent: "agent-state",
    log: "log",
    session: "session",
    usage: "usage",
    "thought.delta": "thought-delta",
    "message.delta": "text-delta",
    todos: "todos",
    tool: "tool-call",
    "turn.finished": "turn-end",
  };

  function inNewWords({ seq: _, kind, ...rest }: JsonRecord): unknown {
    const entry = { ...rest, kind: NEW_WORDS[text(kind) ?? ""] };
    if (kind === "turn.started") return { ...entry, agent: { profileId: record(rest["agent"])["profile"] } };
    if (kind === "todos") return { kind: "todos", todos: rest["entries"] };
    return entry;
  }

  test("are valid in today's, and tell the same turn", () => {
    const entries = lines.map((line) => TurnEntry.parse(inNewWords(line)));
    expect(entries).toHaveLength(63);
    expect(entries.map(readEntry)).toEqual(entries);
    const view = entries.reduce(applyEntry, emptyTurnView());
    const said = lines.filter(({ kind }) => kind === "message.delta").map((line) => text(line["text"]) ?? "");
    expect(assistantText(view)).toBe(said.join(""));
    expect(view.end).toEqual({ outcome: "completed", error: null });
    expect(view.todos).toEqual(lines.findLast(({ kind }) => kind === "todos")?.["entries"]);
    const calls = new Set(lines.filter(({ kind }) => kind === "tool").map(({ callId }) => callId));
    expect(new Set(view.parts.flatMap((part) => (part.type === "tool" ? [part.callId] : [])))).toEqual(calls);
    // No field of any line was dropped by the schema.
    for (const [index, line] of lines.entries()) {
      const before = record(inNewWords(line));
      const missing = Object.keys(before).filter((field) => !(field in record(entries[index])));
      expect(missing.filter((field) => field !== "prompt")).toEqual([]);
    }
  });

  test("[OP9] as they are, a host keeps every one of them: those it knows, and the others whole as raw", () => {
    for (const { seq: _, ...line } of lines) {
      const entry = readEntry(line);
      expect(TurnEntry.parse(entry)).toEqual(entry);
      if (entry.kind === "raw" && line["kind"] !== "raw") expect(entry.value).toEqual(line);
      else expect(entry).toMatchObject(line);
    }
  });
});
