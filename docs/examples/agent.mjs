/**
 * An agent of one's own: the Agent Client Protocol is JSON-RPC over stdio, a message a line. This one has no model. "Fetch
 * URL" asks a person and then fetches, anything else is counted out word by word, so that there is something to stop.
 */
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const tell = (sessionId, update) => send({ method: "session/update", params: { sessionId, update } });
const say = (sessionId, text) =>
  tell(sessionId, { sessionUpdate: "agent_message_chunk", content: { type: "text", text } });

let stop = new AbortController();
let answered = () => {};

async function fetchFor(sessionId, url) {
  const call = { toolCallId: "fetch", title: `Fetch ${url}`, kind: "fetch", status: "pending" };
  tell(sessionId, { sessionUpdate: "tool_call", ...call });
  const options = [
    { optionId: "allow", name: "Allow", kind: "allow_once" },
    { optionId: "reject", name: "Reject", kind: "reject_once" },
  ];
  send({ id: "ask", method: "session/request_permission", params: { sessionId, toolCall: call, options } });
  const { outcome } = await new Promise((resolve) => (answered = resolve));
  if (outcome.optionId !== "allow") return "I was told not to.";
  const result = await fetch(url).then(({ status }) => `it answered ${status}`, String);
  tell(sessionId, { sessionUpdate: "tool_call_update", toolCallId: "fetch", status: "completed" });
  return `I fetched ${url}: ${result}.`;
}

async function prompt({ sessionId, prompt: blocks }) {
  stop = new AbortController();
  const text = blocks.at(-1).text;
  const url = /^fetch (\S+)/i.exec(text)?.[1];
  if (url) say(sessionId, await fetchFor(sessionId, url));
  for (const word of url ? [] : text.split(/\s+/)) {
    say(sessionId, `${word} `);
    await pause(200, null, { signal: stop.signal }).catch(() => {});
    if (stop.signal.aborted) return { stopReason: "cancelled" };
  }
  return { stopReason: "end_turn", usage: { inputTokens: text.length, outputTokens: text.length } };
}

const answers = {
  initialize: () => ({ protocolVersion: 1, agentInfo: { name: "counter", version: "1.0.0" }, agentCapabilities: {} }),
  "session/new": () => ({ sessionId: "1" }),
  "session/prompt": prompt,
  "session/cancel": () => stop.abort(),
};

createInterface({ input: process.stdin }).on("line", async (line) => {
  const { id, method, params, result } = JSON.parse(line);
  if (method === undefined) return answered(result);
  const answer = await answers[method]?.(params);
  if (id !== undefined) send({ id, result: answer ?? {} });
});
