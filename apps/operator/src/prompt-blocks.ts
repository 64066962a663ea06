/** A command's prompt and history as an agent takes them. */
import type { PromptRequest } from "@agentclientprotocol/sdk";
import type { StartCommand } from "./turn-folder.ts";

/** Under this key of `_meta` the built-in agent finds the chat's earlier messages. */
export const HISTORY_META = "signalbox/history";

/** The built-in agent gets the history as messages, any other as text before the prompt. */
export function promptRequest(sessionId: string, command: StartCommand, kind: "builtin" | "external"): PromptRequest {
  const prompt = { type: "text" as const, text: command.prompt };
  if (kind === "builtin") return { sessionId, prompt: [prompt], _meta: { [HISTORY_META]: command.history } };
  if (command.history.length === 0) return { sessionId, prompt: [prompt] };
  const lines = command.history.map(({ role, text }) => `${role === "user" ? "Person" : "You"}: ${text}`);
  const history = `Earlier in this chat, oldest first:\n\n${lines.join("\n\n")}\n\nWhat follows is the new message.`;
  return { sessionId, prompt: [{ type: "text", text: history }, prompt] };
}

/** To an agent whose process crashed in the middle of a turn, and whose session was loaded again. */
export function continueRequest(sessionId: string, command: StartCommand): PromptRequest {
  const text =
    "Your process ended unexpectedly while you worked on the request below, and was started again. Look at what is done " +
    `already, do not repeat it, and finish the rest.\n\n${command.prompt}`;
  return { sessionId, prompt: [{ type: "text", text }] };
}
