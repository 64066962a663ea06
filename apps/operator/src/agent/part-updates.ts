/** What a part of the model's stream becomes as session updates. Framing becomes nothing; what is unknown is said as it is. */
import type * as acp from "@agentclientprotocol/sdk";
import type { TextStreamPart, ToolSet } from "ai";
import { record, text } from "../json-value.ts";
import { TOOL_KINDS, toolTitle } from "./tools.ts";

const CONTEXT_SIZE = 128_000;

export interface PartMapper {
  updatesOf(part: TextStreamPart<ToolSet>): acp.SessionUpdate[];
}

/** `provider`: whose model it is; null for the demo's. */
export function createPartMapper(provider: string | null): PartMapper {
  let step = 0;
  return {
    updatesOf(part) {
      switch (part.type) {
        case "start-step":
          step += 1;
          return [];
        case "text-delta":
        case "reasoning-delta":
          return [
            {
              sessionUpdate: part.type === "text-delta" ? "agent_message_chunk" : "agent_thought_chunk",
              messageId: `${step}-${part.id}`,
              content: { type: "text", text: part.text },
            },
          ];
        case "tool-input-start":
          return [
            {
              sessionUpdate: "tool_call",
              toolCallId: part.id,
              title: toolTitle(part.toolName, null),
              name: part.toolName,
              kind: TOOL_KINDS[part.toolName] ?? "other",
              status: "pending",
            },
          ];
        case "tool-call":
          return [
            {
              sessionUpdate: "tool_call_update",
              toolCallId: part.toolCallId,
              title: toolTitle(part.toolName, part.input),
              name: part.toolName,
              kind: TOOL_KINDS[part.toolName] ?? "other",
              status: "in_progress",
              rawInput: part.input,
              ...locationsOf(part.input),
            },
          ];
        case "tool-result":
          if (part.preliminary) return [];
          return [
            {
              sessionUpdate: "tool_call_update",
              toolCallId: part.toolCallId,
              status: "completed",
              rawOutput: part.output,
            },
          ];
        case "tool-error":
          return [
            {
              sessionUpdate: "tool_call_update",
              toolCallId: part.toolCallId,
              status: "failed",
              content: [{ type: "content", content: { type: "text", text: messageOf(part.error) } }],
            },
          ];
        case "finish-step":
          return [
            {
              sessionUpdate: "usage_update",
              used: part.usage.totalTokens ?? 0,
              size: CONTEXT_SIZE,
              _meta: {
                "signalbox/step": {
                  ...(provider === null ? {} : { provider }),
                  model: part.response?.modelId,
                  usage: part.usage,
                  finishReason: part.finishReason,
                },
              },
            },
          ];
        // Framing, what the turn's own loop looks at, and parts that these tools and models don't produce.
        case "start":
        case "text-start":
        case "text-end":
        case "reasoning-start":
        case "reasoning-end":
        case "tool-input-delta":
        case "tool-input-end":
        case "tool-output-denied":
        case "tool-approval-request":
        case "tool-approval-response":
        case "source":
        case "file":
        case "reasoning-file":
        case "custom":
        case "steering-message":
        case "ping":
        case "raw":
        case "finish":
        case "error":
        case "abort":
          return [];
      }
    },
  };
}

/** The tools name their file by its path in the session's folder. */
function locationsOf(input: unknown): { locations?: acp.ToolCallLocation[] } {
  const path = text(record(input)["path"]);
  return path ? { locations: [{ path }] } : {};
}

export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 2_000);
}
