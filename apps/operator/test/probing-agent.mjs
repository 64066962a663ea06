/**
 * An agent that does what its prompt says (JSON: a list of steps) and says how each went (JSON, one message). It stands in for
 * whatever a real agent may try.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";
import { createInterface } from "node:readline";

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const say = (text) =>
  send({
    method: "session/update",
    params: { sessionId: "s", update: { sessionUpdate: "agent_message_chunk", content: { type: "text", text } } },
  });

const acts = {
  write: ({ path, text = "written" }) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  },
  rename: ({ path, to }) => renameSync(path, to),
  remove: ({ path }) => rmSync(path, { recursive: true }),
  run: ({ command, args }) => execFileSync(command, args, { encoding: "utf8" }),
  /** Until whoever started it says that it may go on. */
  await: async ({ path }) => {
    while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20));
  },
  read: ({ path }) => readFileSync(path, "utf8"),
  variable: ({ name }) => process.env[name] ?? null,
  /** A tunnel, as Node makes it for every address. */
  fetch: async ({ url }) => (await fetch(url)).status,
  /** Plain HTTP through the proxy, each request by itself. Answers with the last status. */
  get: async ({ url, times = 1 }) => {
    let status = 0;
    for (let count = 0; count < times; count += 1) status = await getThroughProxy(`${url}?${count}`);
    return status;
  },
  /** Without asking the proxy. */
  dial: ({ host, port }) =>
    new Promise((resolve, reject) => {
      const socket = connect({ host, port, timeout: 2_000 }, () => resolve("connected"));
      socket.on("error", reject);
      socket.on("timeout", () => reject(new Error("timeout")));
    }),
};

function getThroughProxy(path) {
  const { hostname, port, username, password } = new URL(process.env.HTTP_PROXY);
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  const headers = { host: new URL(path).host, "proxy-authorization": `Basic ${credentials}` };
  return new Promise((resolve, reject) => {
    const request = get({ host: hostname, port, path, headers, agent: false }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode));
    });
    request.on("error", reject);
  });
}

async function tryStep(step) {
  try {
    return { value: (await acts[step.do](step)) ?? null };
  } catch (error) {
    return { error: error.cause?.code ?? error.code ?? error.message };
  }
}

createInterface({ input: process.stdin }).on("line", async (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") send({ id, result: { protocolVersion: 1, agentCapabilities: {} } });
  if (method === "session/new") send({ id, result: { sessionId: "s" } });
  if (method !== "session/prompt") return;
  const results = [];
  for (const step of JSON.parse(params.prompt.at(-1).text)) results.push(await tryStep(step));
  say(JSON.stringify(results));
  send({ id, result: { stopReason: "end_turn" } });
});
