/**
 * Loaded into the built-in agent under chaos (`node --import`): beside its turn it asks for addresses that its sandbox
 * blocks, so that the network log has lines, and says one thing that is too long for an entry, so that there is an
 * attachment. It does nothing in any other process.
 */
import { setTimeout as pass } from "node:timers/promises";

/** Every line names its own host: one that is there twice can be told. */
const ADDRESS = (line: number): string => `http://line-${line}.chaos.invalid/`;
const EVERY_MS = 100;
const LINES_MAX = 300;

/** Two whole pieces and a part of a third. */
const LONG_OUTPUT = Array.from({ length: 4_000 }, (_, line) => `${line}: what a command printed, line by line\n`).join(
  "",
);

const PIECE = 8_192;

if (process.argv[1]?.endsWith("apps/operator/src/agent/main.ts")) {
  // Without a sandbox there is no proxy, and nothing is asked for.
  if (process.env["HTTP_PROXY"]) void talk();
  setTimeout(printMuch, EVERY_MS).unref();
}

async function talk(): Promise<void> {
  for (let line = 1; line <= LINES_MAX; line += 1) {
    await pass(EVERY_MS, undefined, { ref: false });
    // Refused, by the sandbox.
    const response = await fetch(ADDRESS(line)).catch(() => null);
    await response?.body?.cancel();
  }
}

/** As the agent itself would say it: a line of its own on stdout. */
function printMuch(): void {
  const update = {
    sessionUpdate: "tool_call",
    toolCallId: "chaos-long-output",
    title: "Print much",
    kind: "execute",
    status: "completed",
    content: [{ type: "content", content: { type: "text", text: LONG_OUTPUT } }],
  };
  const message = { jsonrpc: "2.0", method: "session/update", params: { sessionId: "chaos", update } };
  const line = `${JSON.stringify(message)}\n`;
  // In one moment, but in pieces below the stream's high-water mark: Node's web streams (24.21) drop a write that comes while
  // the stream below them waits for its drain, and that would be a message of the agent's.
  for (let from = 0; from < line.length; from += PIECE) process.stdout.write(line.slice(from, from + PIECE));
}
