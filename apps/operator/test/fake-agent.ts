/**
 * An agent for tests, as a program of its own that speaks ACP: `node fake-agent.ts <behaviour>`. Its sessions are files in
 * the folder that it is started in, so that another process of it can load them.
 *
 * `steady`: answers. `crashes`: dies in the middle of each prompt until its session was loaded once. `crashes-always`,
 * `crashes-unloadable` (knows no `session/load`). `crashes-with-child`: crashes, and has started a program. `asks`: asks before it writes. `calls-model`: asks Anthropic's API, twice
 * when it is told to wait. `floods`: runs a tool whose output is much larger than an entry, and writes a file. `newer`: says what
 * this version of the protocol does not know. `silent`: never answers. `ends`: at once, with a word why.
 */
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import * as acp from "@agentclientprotocol/sdk";

const behaviour = process.argv[2] ?? "steady";
const SESSION = "session-of-the-fake";
const NEWS = {
  update: { sessionUpdate: "hologram", shape: { sides: 6 } },
  content: { sessionUpdate: "agent_message_chunk", content: { type: "smell", value: "rain" } },
  notification: { mood: "curious" },
};
let cwd = process.cwd();
let isLoaded = false;
let model = "small";

if (behaviour === "ends") {
  process.stderr.write("\u001b[31mno key was given\u001b[0m\n\n");
  process.exit(3);
}

const modelOption = () => ({
  id: "model",
  name: "Model",
  category: "model",
  type: "select" as const,
  currentValue: model,
  options: [
    { value: "small", name: "Small" },
    { value: "large", name: "Large" },
  ],
});

const agent = acp
  .agent({ name: "fake" })
  .onRequest(acp.methods.agent.initialize, () =>
    behaviour === "silent"
      ? new Promise<never>(() => {})
      : {
          protocolVersion: acp.PROTOCOL_VERSION,
          agentInfo: { name: "fake-agent", title: "Fake Agent", version: "1.2.3" },
          agentCapabilities: { loadSession: behaviour !== "crashes-unloadable" },
        },
  )
  .onRequest(acp.methods.agent.session.new, ({ params }) => {
    cwd = params.cwd;
    writeFileSync(join(cwd, "session.txt"), "");
    return { sessionId: SESSION, configOptions: [modelOption()] };
  })
  .onRequest(acp.methods.agent.session.load, async ({ params, client }) => {
    cwd = params.cwd;
    isLoaded = true;
    for (const text of readFileSync(join(cwd, "session.txt"), "utf8").split("\n").filter(Boolean))
      await say(client, text);
    return {};
  })
  .onRequest(acp.methods.agent.session.setConfigOption, ({ params }) => {
    model = String(params.value);
    return { configOptions: [modelOption()] };
  })
  .onRequest(acp.methods.agent.session.prompt, async ({ params, client }) => {
    const prompt = params.prompt.map((block) => (block.type === "text" ? block.text : "")).join("\n");
    if (behaviour === "asks") return ask(client);
    if (behaviour === "floods") await flood(client);
    if (behaviour === "newer") sayNews();
    if (behaviour === "calls-model") await say(client, await callModel());
    await say(client, isLoaded ? "after the crash " : "before the crash ");
    const dies = behaviour.startsWith("crashes") && (!isLoaded || behaviour === "crashes-always");
    if (dies && behaviour === "crashes-with-child") startProgram();
    if (dies) process.kill(process.pid, "SIGKILL");
    await say(client, `model ${model}; variables ${Object.keys(process.env).toSorted().join(",")}; asked: ${prompt}`);
    return { stopReason: "end_turn" };
  });

async function say(client: acp.AgentContext, text: string): Promise<void> {
  if (existsSync(join(cwd, "session.txt"))) appendFileSync(join(cwd, "session.txt"), `${text.replaceAll("\n", " ")}\n`);
  await client.notify(acp.methods.client.session.update, {
    sessionId: SESSION,
    update: { sessionUpdate: "agent_message_chunk", content: { type: "text", text } },
  });
}

/** Past the SDK, which would not send it. */
function sayNews(): void {
  const news = [
    { method: "session/update", params: { sessionId: SESSION, update: NEWS.update } },
    { method: "session/update", params: { sessionId: SESSION, update: NEWS.content } },
    { method: "_vendor/mood", params: NEWS.notification },
  ];
  for (const message of news) process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

async function flood(client: acp.AgentContext): Promise<void> {
  const text = Array.from({ length: 20_000 }, (_, line) => `line ${line + 1} of the output \u{1F6A6}`).join("\n");
  writeFileSync(join(cwd, "written.txt"), "written by the agent");
  await client.notify(acp.methods.client.session.update, {
    sessionId: SESSION,
    update: {
      sessionUpdate: "tool_call",
      toolCallId: "call",
      title: "Write a lot",
      kind: "execute",
      status: "completed",
      content: [{ type: "content", content: { type: "text", text } }],
      locations: [{ path: join(cwd, "written.txt") }],
    },
  });
}

/** Its streams are its own, its process group is the agent's. */
function startProgram(): void {
  const { pid } = spawn("sleep", ["600"], { stdio: "ignore" });
  writeFileSync(join(cwd, "program.pid"), String(pid));
}

async function callModel(): Promise<string> {
  const key = process.env["ANTHROPIC_API_KEY"] ?? "";
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(`${process.env["ANTHROPIC_BASE_URL"]}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": key },
      body: "{}",
    });
    const body = await answer.text();
    if (answer.status !== 429 || tries === 3) return `key ${key}; answer ${answer.status} ${body}; `;
  }
}

async function ask(client: acp.AgentContext): Promise<acp.PromptResponse> {
  const { outcome } = await client.request(acp.methods.client.session.requestPermission, {
    sessionId: SESSION,
    toolCall: { toolCallId: "call", kind: "execute", title: "make the file" },
    options: [
      { optionId: "once", name: "Allow", kind: "allow_once" },
      { optionId: "no", name: "Reject", kind: "reject_once" },
    ],
  });
  await say(client, outcome.outcome === "selected" ? `chosen: ${outcome.optionId}` : "cancelled");
  return { stopReason: "end_turn" };
}

agent.connect(
  acp.ndJsonStream(
    Writable.toWeb(process.stdout) as WritableStream<Uint8Array>,
    Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>,
  ),
);
