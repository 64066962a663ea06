import { readdirSync, readFileSync } from "node:fs";
import { TurnEntry } from "@signalbox/catalog/turn-entry";
import { describe, expect, test } from "vitest";
import { isRecord, record, text, type JsonRecord } from "./json-value.ts";
import { createAcpMapper } from "./map-acp.ts";

const FIXTURES = new URL("../test/fixtures/", import.meta.url);
const RECORDINGS = readdirSync(FIXTURES).filter((name) => name.endsWith(".jsonl"));

function linesOf(recording: string): JsonRecord[] {
  return readFileSync(new URL(recording, FIXTURES), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => record(JSON.parse(line)));
}

/** What a recorded line becomes; null for lines that are not the agent's (the client's answers, the process's end). */
function mapLine(mapper: ReturnType<typeof createAcpMapper>, line: JsonRecord): TurnEntry[] | null {
  const method = text(line["method"]);
  if (line["dir"] !== "agent>client" || !method || method === "initialize#result") return null;
  if (method === "session/new#result") return mapper.mapSession(line["result"]);
  if (method === "session/prompt#result") return mapper.mapPromptResult(line["result"]);
  return mapper.mapMessage(method, line["params"]);
}

/** Every string but the tags that frame content. */
function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  return isRecord(value)
    ? Object.entries(value).flatMap(([key, member]) => (key === "type" ? [] : stringsIn(member)))
    : [];
}

/** Parts of an update that say something to a person, and so must be found again. */
const SAID = ["content", "title", "rawInput", "rawOutput", "entries", "locations", "description"];

describe.each(RECORDINGS)("the recording %s", (recording) => {
  test("maps to valid entries, each of its updates to at least one", () => {
    const mapper = createAcpMapper();
    let lastTodos = "";
    for (const line of linesOf(recording)) {
      const entries = mapLine(mapper, line);
      if (entries === null) continue;
      for (const entry of entries) expect(TurnEntry.parse(entry)).toEqual(entry);
      const update = record(record(line["params"])["update"]);
      const isRepeatedPlan = update["sessionUpdate"] === "plan" && entries.length === 0;
      if (isRepeatedPlan) expect(lastTodos).not.toBe("");
      else if (line["method"] !== "session/prompt#result") expect(entries.length).toBeGreaterThan(0);
      for (const entry of entries) if (entry.kind === "todos") lastTodos = JSON.stringify(entry.todos);
    }
  });

  test("loses nothing that the agent said", () => {
    const mapper = createAcpMapper();
    let seen = "";
    for (const line of linesOf(recording)) {
      const entries = mapLine(mapper, line);
      if (entries === null) continue;
      seen += stringsIn(entries).join("\u0001");
      const params = record(line["params"]);
      const update = record(params["update"] ?? params["toolCall"]);
      for (const key of SAID) {
        for (const part of stringsIn(update[key])) expect(seen).toContain(part);
      }
    }
  });

  test("joins to the text that the agent streamed", () => {
    const mapper = createAcpMapper();
    let streamed = "";
    let mapped = "";
    for (const line of linesOf(recording)) {
      const update = record(record(line["params"])["update"]);
      if (update["sessionUpdate"] === "agent_message_chunk") streamed += text(record(update["content"])["text"]) ?? "";
      for (const entry of mapLine(mapper, line) ?? []) if (entry.kind === "text-delta") mapped += entry.text;
    }
    expect(mapped).toBe(streamed);
  });
});

function update(values: JsonRecord): TurnEntry[] {
  return createAcpMapper().mapMessage("session/update", { sessionId: "s", update: values });
}

describe("an update", () => {
  test("of an unknown kind is kept whole as raw", () => {
    const unknown = { sessionUpdate: "hologram", shape: { sides: 6 } };
    expect(update(unknown)).toEqual([{ kind: "raw", source: "acp", type: "hologram", value: unknown }]);
  });

  test("of a known kind in an unknown shape is kept whole as raw", () => {
    const odd = { sessionUpdate: "agent_message_chunk", content: { type: "smell", value: "rain" } };
    expect(update(odd)).toEqual([{ kind: "raw", source: "acp", type: "agent_message_chunk", value: odd }]);
  });

  test("of a tool call with content of an unknown type keeps that content beside the call", () => {
    const entries = update({
      sessionUpdate: "tool_call_update",
      toolCallId: "c",
      content: [{ type: "content", content: { type: "text", text: "a" } }, { type: "smell" }],
    });
    expect(entries).toEqual([
      { kind: "tool-call", callId: "c", content: [{ type: "text", text: "a" }] },
      { kind: "raw", source: "acp", type: "tool_call_content", value: { type: "smell" } },
    ]);
  });

  test("that shows an image is a block of its own", () => {
    const block = { type: "image", data: "AAAA", mimeType: "image/png" };
    expect(update({ sessionUpdate: "agent_message_chunk", content: block })).toEqual([
      { kind: "message-block", role: "assistant", block },
    ]);
  });

  test.each([
    [
      "Claude's",
      { name: "TodoWrite", rawInput: { todos: [{ content: "a", status: "in_progress", activeForm: "doing a" }] } },
    ],
    ["OpenCode's", { title: "todowrite", rawInput: { todos: [{ content: "a", status: "in_progress", id: "1" }] } }],
    ["Codex's", { name: "update_plan", rawInput: { plan: [{ step: "a", status: "in_progress" }] } }],
  ])("of %s todo tool becomes a list of todos", (_agent, call) => {
    const entries = update({ sessionUpdate: "tool_call", toolCallId: "c", ...call });
    expect(entries.at(-1)).toEqual({
      kind: "todos",
      todos: [{ content: "a", status: "in_progress", priority: "medium" }],
    });
  });

  test("with the built-in agent's rate limit becomes one, and no empty session beside it", () => {
    const limit = { state: "hit", provider: "models.example", status: 429, retryAfterMs: 2_000 };
    expect(update({ sessionUpdate: "session_info_update", _meta: { "signalbox/rateLimit": limit } })).toEqual([
      { kind: "rate-limit", ...limit },
    ]);
  });

  test("with Claude's rate limit becomes one beside the usage", () => {
    const entries = update({
      sessionUpdate: "usage_update",
      used: 1,
      size: 2,
      _meta: {
        "_claude/rateLimit": {
          status: "allowed_warning",
          rateLimitType: "five_hour",
          utilization: 0.9,
          resetsAt: 1_790_000_000,
        },
      },
    });
    expect(entries).toEqual([
      { kind: "usage", scope: "context", used: 1, size: 2 },
      {
        kind: "rate-limit",
        state: "warning",
        provider: "anthropic",
        resetsAt: 1_790_000_000_000,
        limit: "five_hour",
        utilization: 0.9,
      },
    ]);
  });
});

test("a notification that is no update is kept whole as raw", () => {
  expect(createAcpMapper().mapMessage("_auth/status_update", { a: 1 })).toEqual([
    { kind: "raw", source: "acp", type: "_auth/status_update", value: { a: 1 } },
  ]);
});
