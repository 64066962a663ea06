/**
 * Agent Client Protocol to turn entries. It takes messages as they came over the wire, before any SDK has dropped what
 * it doesn't know: what has no kind of its own becomes `raw`, nothing is lost.
 */
import type { TurnEntry } from "@signalbox/catalog/turn-entry";
import { contentBlock } from "./content-block.ts";
import { isRecord, record, text, type JsonRecord } from "./json-value.ts";
import { mapRateLimit, promptUsage, stepUsage, contextUsage } from "./map-acp-usage.ts";
import { createToolMapper } from "./map-acp-tool.ts";
import { readTodos } from "./map-acp-todos.ts";

export interface AcpMapper {
  /** The entries of one notification or request of the agent. */
  mapMessage(method: string, params: unknown): TurnEntry[];
  /** What `session/new` answered. */
  mapSession(result: unknown): TurnEntry[];
  /** What `session/prompt` answered, but for the turn-end itself. */
  mapPromptResult(result: unknown): TurnEntry[];
}

const RAW_SOURCE = "acp";

export function createAcpMapper(): AcpMapper {
  let lastTodos = "";
  const tools = createToolMapper();

  /** Agents that send a plan and use a todo tool say the same twice. */
  function todosEntry(value: unknown): TurnEntry[] {
    const todos = readTodos(value);
    if (todos === null) return [];
    const shape = JSON.stringify(todos);
    if (shape === lastTodos) return [];
    lastTodos = shape;
    return [{ kind: "todos", todos }];
  }

  function toolEntries(update: JsonRecord): TurnEntry[] {
    const { entries, todos } = tools.map(update);
    return [...entries, ...todosEntry(todos)];
  }

  function mapUpdate(update: JsonRecord): TurnEntry[] {
    const type = text(update["sessionUpdate"]) ?? "unknown";
    const raw: TurnEntry = { kind: "raw", source: RAW_SOURCE, type, value: update };
    switch (type) {
      case "agent_message_chunk":
      case "user_message_chunk":
      case "agent_thought_chunk":
        return [mapChunk(type, update) ?? raw];
      case "tool_call":
      case "tool_call_update":
        return text(update["toolCallId"]) ? toolEntries(update) : [raw];
      case "plan":
      case "plan_update": {
        const entries = update["entries"] ?? record(update["plan"])["entries"];
        return readTodos(entries) === null ? [raw] : todosEntry(entries);
      }
      case "available_commands_update":
        return [mapCommands(update) ?? raw];
      case "current_mode_update": {
        const mode = text(update["currentModeId"]);
        return [mode ? { kind: "session", mode } : raw];
      }
      case "config_option_update":
        return Array.isArray(update["configOptions"]) ? [{ kind: "session", config: update["configOptions"] }] : [raw];
      case "session_info_update":
        return mapSessionInfo(update) ?? [raw];
      case "usage_update":
        return [...contextUsage(update), ...stepUsage(update), ...mapRateLimit(update)];
      case "notice":
        return [mapNotice(update) ?? raw];
      case "compaction_update":
        return mapCompaction(update, raw);
      default:
        return [raw];
    }
  }

  return {
    mapMessage(method, params) {
      const values = record(params);
      if (method === "session/update" && isRecord(values["update"])) return mapUpdate(values["update"]);
      if (method === "session/request_permission" && isRecord(values["toolCall"]))
        return toolEntries(values["toolCall"]);
      return [{ kind: "raw", source: RAW_SOURCE, type: method, value: params ?? null }];
    },
    mapSession(result) {
      const values = record(result);
      const sessionId = text(values["sessionId"]);
      const mode = text(record(values["modes"])["currentModeId"]);
      const model = text(record(values["models"])["currentModelId"]);
      const config = values["configOptions"];
      return [
        {
          kind: "session",
          ...(sessionId ? { sessionId: sessionId.slice(0, 200) } : {}),
          ...(mode ? { mode } : {}),
          ...(model ? { model } : {}),
          ...(Array.isArray(config) ? { config } : {}),
        },
      ];
    },
    mapPromptResult(result) {
      const usage = promptUsage(result);
      return usage ? [{ kind: "usage", scope: "turn", ...usage }] : [];
    },
  };
}

function mapChunk(type: string, update: JsonRecord): TurnEntry | null {
  const content = record(update["content"]);
  const messageId = text(update["messageId"])?.slice(0, 200);
  const id = messageId ? { messageId } : {};
  if (content["type"] === "text" && typeof content["text"] === "string") {
    if (type === "agent_thought_chunk") return { kind: "thought-delta", ...id, text: content["text"] };
    return {
      kind: "text-delta",
      role: type === "user_message_chunk" ? "user" : "assistant",
      ...id,
      text: content["text"],
    };
  }
  const block = contentBlock(content);
  if (!block) return null;
  const role = type === "agent_thought_chunk" ? "thought" : type === "user_message_chunk" ? "user" : "assistant";
  return { kind: "message-block", role, ...id, block };
}

function mapCommands(update: JsonRecord): TurnEntry | null {
  const commands = update["availableCommands"];
  if (!Array.isArray(commands)) return null;
  return {
    kind: "session",
    commands: commands.map((command) => {
      const { name, description } = record(command);
      return { name: text(name) ?? "", description: text(description) ?? "" };
    }),
  };
}

function mapSessionInfo(update: JsonRecord): TurnEntry[] | null {
  const limits = mapRateLimit(update);
  if (!("title" in update)) return limits.length > 0 ? limits : null;
  const title = update["title"];
  return [{ kind: "session", title: typeof title === "string" ? title : null }, ...limits];
}

function mapNotice(update: JsonRecord): TurnEntry | null {
  const title = text(update["title"]);
  const description = text(update["description"]);
  if (!title) return null;
  return {
    kind: "notice",
    severity: text(update["severity"]) ?? "info",
    title,
    ...(description ? { description } : {}),
  };
}

function mapCompaction(update: JsonRecord, raw: TurnEntry): TurnEntry[] {
  const compactionId = text(update["compactionId"]);
  const error = text(update["error"]);
  if (!compactionId || compactionId.length > 200) return [raw];
  const entry: TurnEntry = {
    kind: "compaction",
    compactionId,
    status: text(update["status"]) ?? "unknown",
    ...(error ? { error } : {}),
  };
  // A summary has no field of its own, so the whole update stands beside it.
  return Array.isArray(update["summary"]) && update["summary"].length > 0 ? [entry, raw] : [entry];
}
