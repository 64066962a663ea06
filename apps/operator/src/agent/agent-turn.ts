/** One prompt of the built-in agent: a loop of model and tools whose every part becomes a session update. */
import * as acp from "@agentclientprotocol/sdk";
import type { LanguageModelV4 } from "@ai-sdk/provider";
import { APICallError, isStepCount, RetryError, ToolLoopAgent, type ModelMessage } from "ai";
import { commandEnvironment, type AgentConfig } from "./config.ts";
import { createDemoModel } from "./demo-model.ts";
import { createPartMapper, messageOf } from "./part-updates.ts";
import { readRetryAfter } from "../retry-after.ts";
import { createRemoteModel, type RateLimitNews } from "./remote-model.ts";
import { createTools } from "./tools.ts";
import type { Workspace } from "./workspace.ts";

/** Calls of the model in one turn. */
const STEPS_MAX = 60;

const INSTRUCTIONS =
  "You are a coding agent in a team's workspace. Your tools work in one folder. Begin with the todos tool: a short plan, " +
  "kept current as you go. Read before you write. Commands and writes may be refused by a person; then say what you would " +
  "have done. Answer in Markdown, briefly.";

export interface TurnSession {
  workspace: Workspace;
  /** Grows by what the turn adds. */
  messages: ModelMessage[];
}

export interface TurnOptions {
  config: AgentConfig;
  session: TurnSession;
  sessionId: string;
  client: acp.AgentContext;
  signal: AbortSignal;
}

export function createTurn({ config, session, sessionId, client, signal }: TurnOptions) {
  const send = (update: acp.SessionUpdate): Promise<void> =>
    client.notify(acp.methods.client.session.update, { sessionId, update });
  const tellRateLimit = (news: RateLimitNews): void => {
    send({ sessionUpdate: "session_info_update", _meta: { "signalbox/rateLimit": news } }).catch(() => {});
  };
  const model: LanguageModelV4 = config.model
    ? createRemoteModel(config.model, tellRateLimit)
    : createDemoModel({ paceMs: config.paceMs });

  const agent = new ToolLoopAgent({
    model,
    instructions: INSTRUCTIONS,
    stopWhen: isStepCount(STEPS_MAX),
    tools: createTools({
      workspace: session.workspace,
      commandEnvironment: commandEnvironment(),
      // The demo model only runs its own fixed, harmless command; a real model asks each time.
      ask: config.model || config.demoAsks ? askPerson : () => Promise.resolve(),
      showTodos: (todos) =>
        send({
          sessionUpdate: "plan",
          entries: todos.map((todo) => ({ ...todo, priority: todo.priority ?? "medium" })),
        }),
    }),
  });

  async function askPerson(call: {
    callId: string;
    kind: "execute" | "edit";
    title: string;
    input: unknown;
  }): Promise<void> {
    const { outcome } = await client.request(acp.methods.client.session.requestPermission, {
      sessionId,
      toolCall: {
        toolCallId: call.callId,
        kind: call.kind,
        status: "pending",
        title: call.title,
        rawInput: call.input,
      },
      options: [
        { optionId: "allow", name: "Allow", kind: "allow_once" },
        { optionId: "reject", name: "Reject", kind: "reject_once" },
      ],
    });
    signal.throwIfAborted();
    if (outcome.outcome !== "selected" || outcome.optionId !== "allow")
      throw new Error("The person did not allow this.");
  }

  async function run(): Promise<acp.PromptResponse> {
    const result = await agent.stream({ messages: session.messages, abortSignal: signal });
    const parts = createPartMapper(config.model?.provider ?? null);
    let stopReason: acp.StopReason = "end_turn";
    let usage: TokenUsage = {};
    for await (const part of result.stream) {
      for (const update of parts.updatesOf(part)) await send(update);
      if (part.type === "error") throw part.error;
      if (part.type === "abort") return { stopReason: "cancelled" };
      if (part.type !== "finish") continue;
      if (part.finishReason === "length") stopReason = "max_tokens";
      else if (part.finishReason === "content-filter") stopReason = "refusal";
      else if (part.finishReason === "tool-calls") stopReason = "max_turn_requests";
      usage = part.totalUsage;
    }
    if (signal.aborted) return { stopReason: "cancelled" };
    session.messages.push(...(await result.responseMessages));
    return withUsage(stopReason, usage);
  }

  return { run };
}

interface TokenUsage {
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  totalTokens?: number | undefined;
  inputTokenDetails?: { cacheReadTokens?: number | undefined; cacheWriteTokens?: number | undefined };
  outputTokenDetails?: { reasoningTokens?: number | undefined };
}

/** `usage` on the answer is ACP's draft: the stable type has no such field, the wire has. */
function withUsage(stopReason: acp.StopReason, usage: TokenUsage): acp.PromptResponse {
  const counts = {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    totalTokens: usage.totalTokens,
    cachedReadTokens: usage.inputTokenDetails?.cacheReadTokens,
    cachedWriteTokens: usage.inputTokenDetails?.cacheWriteTokens,
    thoughtTokens: usage.outputTokenDetails?.reasoningTokens,
  };
  const response: acp.PromptResponse & { usage: typeof counts } = { stopReason, usage: counts };
  return response;
}

/** Rate limits keep their code and wait, so that the turn's end can tell them. */
export function asRequestError(error: unknown): acp.RequestError {
  if (error instanceof acp.RequestError) return error;
  const cause = RetryError.isInstance(error) ? error.lastError : error;
  if (APICallError.isInstance(cause) && (cause.statusCode === 429 || cause.statusCode === 529)) {
    const retryAfterMs = readRetryAfter(new Headers(cause.responseHeaders));
    return new acp.RequestError(-32_603, "The model's provider refused further requests for now.", {
      code: "rate-limited",
      ...(retryAfterMs === null ? {} : { retryAfterMs }),
    });
  }
  return new acp.RequestError(-32_603, messageOf(cause), { code: "model-error" });
}
