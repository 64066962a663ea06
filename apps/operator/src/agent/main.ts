/** The built-in agent's process: ACP over stdin and stdout. It ends with its client, and its commands end with it. */
import { Readable, Writable } from "node:stream";
import * as acp from "@agentclientprotocol/sdk";
import { createBuiltinAgent } from "./acp-agent.ts";
import { readAgentConfig } from "./config.ts";

/** Commands get this long to end after their SIGTERM. */
const END_GRACE_MS = 700;

const agent = createBuiltinAgent(readAgentConfig());
const output = Writable.toWeb(process.stdout) as WritableStream<Uint8Array>;
const input = Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>;
const connection = agent.app.connect(acp.ndJsonStream(output, input));

function end(): void {
  setTimeout(() => process.exit(0), END_GRACE_MS);
  void agent.stop().finally(() => process.exit(0));
}
process.on("SIGTERM", end);
process.on("SIGINT", end);
connection.closed.then(end, end);
