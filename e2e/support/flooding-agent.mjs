/** An agent for tests, by hand over stdio: writes a file, and says more than fits into an entry of a turn. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
let cwd = process.cwd();

function flood() {
  writeFileSync(join(cwd, "written.txt"), "written by the flooding agent\n");
  const text = Array.from({ length: 40_000 }, (_, line) => `line ${line + 1} of the output`).join("\n");
  const update = {
    sessionUpdate: "tool_call",
    toolCallId: "flood",
    title: "Say a lot",
    kind: "execute",
    status: "completed",
    content: [{ type: "content", content: { type: "text", text } }],
    locations: [{ path: join(cwd, "written.txt") }, { path: "/etc/hostname" }],
  };
  send({ method: "session/update", params: { sessionId: "s", update } });
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize")
    send({
      id,
      result: { protocolVersion: 1, agentInfo: { name: "flooding-agent", version: "1.0.0" }, agentCapabilities: {} },
    });
  else if (method === "session/new") {
    cwd = params.cwd;
    send({ id, result: { sessionId: "s" } });
  } else if (method === "session/prompt") {
    flood();
    send({ id, result: { stopReason: "end_turn" } });
  }
});
