/**
 * The built-in agent as an ACP agent: its sessions, each with a folder and its messages, and one prompt at a time per
 * session. What a prompt does is in `agent-turn.ts`.
 */
import { randomUUID } from "node:crypto";
import * as acp from "@agentclientprotocol/sdk";
import { VERSION } from "@signalbox/catalog/version";
import type { ModelMessage } from "ai";
import { z } from "zod";
import { HISTORY_META } from "../prompt-blocks.ts";
import { asRequestError, createTurn, type TurnSession } from "./agent-turn.ts";
import type { AgentConfig } from "./config.ts";
import { openWorkspace } from "./workspace.ts";

interface Session extends TurnSession {
  running: AbortController | null;
}

export interface BuiltinAgent {
  app: acp.AgentApp;
  /** Cancels everything that runs, commands included; resolves when it has ended. */
  stop(): Promise<void>;
}

export function createBuiltinAgent(config: AgentConfig): BuiltinAgent {
  const sessions = new Map<string, Session>();
  /** All prompts so far: one process serves one turn, so they stay few. */
  const prompts = new Set<Promise<unknown>>();

  async function prompt({ params, client }: acp.AgentRequestContext<acp.PromptRequest>): Promise<acp.PromptResponse> {
    const session = sessions.get(params.sessionId);
    if (!session) throw acp.RequestError.sessionNotFound(params.sessionId);
    if (session.running) throw acp.RequestError.invalidRequest(undefined, "This session has a prompt under way.");
    const running = new AbortController();
    session.running = running;
    const turn = createTurn({ config, session, sessionId: params.sessionId, client, signal: running.signal });
    if (session.messages.length === 0) session.messages.push(...readHistory(params._meta));
    session.messages.push({ role: "user", content: textOf(params.prompt) });
    const answer = turn.run();
    prompts.add(answer.catch(() => {}));
    try {
      return await answer;
    } catch (error) {
      if (running.signal.aborted) return { stopReason: "cancelled" };
      throw asRequestError(error);
    } finally {
      session.running = null;
    }
  }

  const app = acp
    .agent({ name: "signalbox-builtin-agent" })
    .onRequest(acp.methods.agent.initialize, () => ({
      protocolVersion: acp.PROTOCOL_VERSION,
      agentInfo: { name: config.model ? "signalbox-agent" : "signalbox-demo-agent", version: VERSION },
      agentCapabilities: { loadSession: false },
    }))
    .onRequest(acp.methods.agent.session.new, ({ params }) => {
      const sessionId = randomUUID();
      sessions.set(sessionId, { workspace: openWorkspace(params.cwd), messages: [], running: null });
      return { sessionId };
    })
    .onRequest(acp.methods.agent.session.prompt, prompt)
    .onNotification(acp.methods.agent.session.cancel, ({ params }) => {
      sessions.get(params.sessionId)?.running?.abort();
    });

  return {
    app,
    async stop() {
      for (const { running } of sessions.values()) running?.abort();
      await Promise.all(prompts);
    },
  };
}

const History = z.array(z.object({ role: z.enum(["user", "assistant"]), text: z.string() })).max(40);

function readHistory(meta: acp.PromptRequest["_meta"]): ModelMessage[] {
  const parsed = History.safeParse(meta?.[HISTORY_META]);
  return parsed.success ? parsed.data.map(({ role, text }) => ({ role, content: text })) : [];
}

function textOf(blocks: acp.ContentBlock[]): string {
  return blocks.map((block) => (block.type === "text" ? block.text : "")).join("\n");
}
