/**
 * An agent for tests, by hand over stdio, that says a lot: "<count> entries" or "<count> words". It says as many, asks, says
 * a tenth of them more, slowly, asks again, and ends.
 */
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const MORE_EVERY_MS = 5;
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const update = (value) => send({ method: "session/update", params: { sessionId: "s", update: value } });
const words = (text) => ({ content: { type: "text", text } });

/** Of six entries two begin a call, two end one, one is thought and one is said. */
function sayEntry(index) {
  const group = Math.floor(index / 6);
  const toolCallId = `call-${group}-${index % 2}`;
  switch (index % 6) {
    case 0:
    case 1:
      return update({
        sessionUpdate: "tool_call",
        toolCallId,
        title: `Read file ${group}-${index % 2}`,
        kind: "read",
        status: "in_progress",
        rawInput: { path: `file-${group}-${index % 2}` },
      });
    case 2:
    case 3:
      return update({
        sessionUpdate: "tool_call_update",
        toolCallId,
        status: "completed",
        content: [{ type: "content", content: { type: "text", text: `content of ${toolCallId}` } }],
      });
    case 4:
      return update({ sessionUpdate: "agent_thought_chunk", ...words(`thought ${group} `) });
    default:
      // Some are much higher than a line.
      return update({
        sessionUpdate: "agent_message_chunk",
        ...words(`Said **${group}**.${group % 7 === 0 ? `\n\n- one\n- two\n\n${"More about it. ".repeat(40)}` : ""}`),
      });
  }
}

/** A paragraph of ten words, every fourth one a list or a table. */
function sayWord(index) {
  const paragraph = Math.floor(index / 10);
  const end = index % 10 < 9 ? " " : "\n\n";
  const lead = index % 10 > 0 ? "" : paragraph % 4 === 1 ? "- " : paragraph % 4 === 3 ? "## " : "";
  update({ sessionUpdate: "agent_message_chunk", ...words(`${lead}word${index}${end}`) });
}

let asked = 0;
const answers = new Map();
function ask() {
  const id = `ask-${(asked += 1)}`;
  send({
    id,
    method: "session/request_permission",
    params: {
      sessionId: "s",
      toolCall: { toolCallId: `question-${asked}`, title: `Go on, part ${asked}?`, kind: "execute", status: "pending" },
      options: [{ optionId: "yes", name: "Go on", kind: "allow_once" }],
    },
  });
  return new Promise((resolve) => answers.set(id, resolve));
}

async function speak(prompt) {
  const [, count, unit] = /(\d+) (entries|words)/.exec(prompt) ?? [];
  const say = unit === "words" ? sayWord : sayEntry;
  const [first, more] = [Number(count), Number(count) / 10];
  for (let index = 0; index < first; index += 1) say(index);
  await ask();
  for (let index = first; index < first + more; index += 1) {
    say(index);
    await pause(MORE_EVERY_MS);
  }
  await ask();
}

createInterface({ input: process.stdin }).on("line", async (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize")
    send({
      id,
      result: { protocolVersion: 1, agentInfo: { name: "long-agent", version: "1.0.0" }, agentCapabilities: {} },
    });
  else if (method === "session/new") send({ id, result: { sessionId: "s" } });
  else if (method === "session/prompt") {
    await speak(JSON.stringify(params.prompt));
    send({ id, result: { stopReason: "end_turn" } });
  } else if (method === undefined) answers.get(id)?.();
});
