/** Tool calls in ACP: announced, updated in parts, or updated without ever having been announced. All are upserts by id. */
import { TOOL_KINDS, TOOL_STATUSES, type ToolContent, type TurnEntry } from "@signalbox/catalog/turn-entry";
import { contentBlock } from "./content-block.ts";
import { isRecord, record, text, type JsonRecord } from "./json-value.ts";
import { todosOfTool } from "./map-acp-todos.ts";

type ToolCall = Extract<TurnEntry, { kind: "tool-call" }>;

/** Names of calls that are remembered, since updates leave them out. */
const NAMES_MAX = 1_000;

export interface ToolMapper {
  /** The upsert, what of it has no place there as raw, and the todo list that a todo tool was given, if any. */
  map(update: JsonRecord): { entries: TurnEntry[]; todos: unknown };
}

export function createToolMapper(): ToolMapper {
  const names = new Map<string, string>();
  return {
    map(update) {
      const callId = (text(update["toolCallId"]) ?? "unknown").slice(0, 200);
      const claude = record(record(update["_meta"])["claudeCode"]);
      const name = text(update["name"]) ?? text(claude["toolName"]);
      if (name && names.size < NAMES_MAX) names.set(callId, name);
      const input = update["rawInput"];
      const todos = todosOfTool(name ?? names.get(callId) ?? text(update["title"]), input);
      const unknown: unknown[] = [];
      const call: ToolCall = {
        kind: "tool-call",
        callId,
        ...optional("title", text(update["title"])),
        ...optional("name", name),
        ...optional("toolKind", known(TOOL_KINDS, update["kind"])),
        ...optional("status", known(TOOL_STATUSES, update["status"])),
        ...optional("input", input ?? undefined),
        ...optional("output", update["rawOutput"] ?? claude["toolResponse"] ?? undefined),
        ...optional("content", readContent(update["content"], unknown)),
        ...optional("locations", readLocations(update["locations"])),
      };
      const raws = unknown.map((value): TurnEntry => ({
        kind: "raw",
        source: "acp",
        type: "tool_call_content",
        value,
      }));
      return { entries: [call, ...raws], todos };
    },
  };
}

/** The field, or nothing at all where the value is undefined. */
function optional<K extends keyof ToolCall>(key: K, value: ToolCall[K] | undefined): { [P in K]?: ToolCall[P] } {
  const field: { [P in K]?: ToolCall[P] } = {};
  if (value !== undefined) field[key] = value;
  return field;
}

function known<const T extends readonly string[]>(values: T, value: unknown): T[number] | undefined {
  return values.find((candidate) => candidate === value);
}

function readContent(value: unknown, unknown: unknown[]): ToolContent[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const contents: ToolContent[] = [];
  for (const item of value) {
    const content = isRecord(item) ? readItem(item) : null;
    if (content) contents.push(content);
    else unknown.push(item);
  }
  return contents;
}

function readItem(item: JsonRecord): ToolContent | null {
  switch (item["type"]) {
    case "content": {
      const content = record(item["content"]);
      if (content["type"] === "text" && typeof content["text"] === "string")
        return { type: "text", text: content["text"] };
      const block = contentBlock(content);
      return block ? { type: "block", block } : null;
    }
    case "diff": {
      const { path, oldText, newText } = item;
      if (typeof path !== "string" || typeof newText !== "string") return null;
      return { type: "diff", path, ...(typeof oldText === "string" ? { oldText } : { oldText: null }), newText };
    }
    case "terminal": {
      const terminalId = text(item["terminalId"]);
      return terminalId && terminalId.length <= 200 ? { type: "terminal", terminalId } : null;
    }
    default:
      return null;
  }
}

function readLocations(value: unknown): ToolCall["locations"] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((item) => {
    const path = text(record(item)["path"]);
    const line = record(item)["line"];
    if (!path) return [];
    return [typeof line === "number" && Number.isInteger(line) ? { path, line } : { path }];
  });
}
