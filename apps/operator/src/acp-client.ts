/**
 * An agent as a child process that speaks the Agent Client Protocol over stdio. The SDK carries requests and answers;
 * what the agent says is read from the wire before it, because the SDK drops updates that it doesn't know.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { Readable, Writable } from "node:stream";
import * as acp from "@agentclientprotocol/sdk";
import { VERSION } from "@signalbox/catalog/version";
import { AGENT_MESSAGE_MAX_BYTES, LAST_WORDS_MS } from "./limits.ts";
import { isRecord, text } from "./json-value.ts";
import { killGroup } from "./process-identity.ts";
import { withTimeout } from "./with-timeout.ts";

export interface AgentExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why it could not be started at all. */
  startError?: Error;
}

export interface AgentListener {
  /** A notification or request of the agent, as it was on the wire, before anything answers it. */
  onMessage(method: string, params: unknown): void;
  onStderr(line: string): void;
  /** Resolves with the person's choice, or null when nobody chooses any more. */
  onPermission(request: acp.RequestPermissionRequest): Promise<string | null>;
}

export interface AgentProcess {
  /** Null when it could not be started. */
  pid: number | null;
  exited: Promise<AgentExit>;
  initialize(): Promise<acp.InitializeResponse>;
  newSession(cwd: string): Promise<{ sessionId: string; result: unknown }>;
  /** Opens a session of before again. Until it resolves the agent tells what was said in it. */
  loadSession(sessionId: string, cwd: string): Promise<void>;
  /** Chooses one of the values of a session's option. */
  setOption(sessionId: string, optionId: string, value: string): Promise<void>;
  /** The answer as it was on the wire: it carries more than the SDK's type. */
  prompt(request: acp.PromptRequest): Promise<{ stopReason: string; result: unknown }>;
  cancel(sessionId: string): Promise<void>;
  /** Signals the agent and its process group. */
  kill(signal: NodeJS.Signals): void;
}

export interface AgentCommand {
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  /** A shell stands between: it tells the signal that ended the agent by its own code, 128 + n. */
  isInShell?: boolean;
}

export function startAgent(command: AgentCommand, listener: AgentListener): AgentProcess {
  const child = spawn(command.command, command.args, {
    cwd: command.cwd,
    env: command.env,
    // A group of its own, so that a stop reaches what the agent has started.
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const exit = new Promise<AgentExit>((resolve) => {
    child.once("error", (startError) => resolve({ code: null, signal: null, startError }));
    child.once("exit", (code, signal) => {
      const told = command.isInShell && code !== null ? signalOfCode(code) : null;
      resolve(told ? { code: null, signal: told } : { code, signal });
    });
  });
  const closed = once(child, "close").catch(() => {});
  // A write to an agent that is gone is answered by `exited`.
  child.stdin.on("error", () => {});
  readLines(child.stderr, listener.onStderr);

  const answers = new Map<string, unknown>();
  const stream = tap(
    acp.ndJsonStream(toWeb(child.stdin), fromWeb(child.stdout), { maxMessageBytes: AGENT_MESSAGE_MAX_BYTES }),
    listener,
    answers,
  );
  const connection = acp
    .client({ name: "signalbox-operator" })
    .onRequest(acp.methods.client.session.requestPermission, async ({ params }) => {
      const optionId = await listener.onPermission(params);
      return { outcome: optionId === null ? { outcome: "cancelled" } : { outcome: "selected", optionId } };
    })
    .onNotification("*", () => {})
    .connect(stream);
  connection.closed.catch(() => {});

  return {
    pid: child.pid ?? null,
    exited: exit.then(async (known) => {
      if (known.startError) return known;
      // Its last words are on the way through the streams when its process is gone already.
      const heard = Promise.all([closed, connection.closed.catch(() => {})]);
      if ((await withTimeout(heard, LAST_WORDS_MS)) !== null) return known;
      // What it started holds its streams open, and may do so for ever.
      if (child.pid !== undefined) killGroup(child.pid, "SIGKILL");
      child.stdout.destroy();
      child.stderr.destroy();
      return known;
    }),
    initialize: () =>
      connection.agent.request(acp.methods.agent.initialize, {
        protocolVersion: acp.PROTOCOL_VERSION,
        clientInfo: { name: "signalbox-operator", version: VERSION },
        clientCapabilities: {
          fs: { readTextFile: false, writeTextFile: false },
          terminal: false,
          session: { notices: {}, compaction: {} },
        },
      }),
    async newSession(cwd) {
      const answer = await connection.agent.request(acp.methods.agent.session.new, { cwd, mcpServers: [] });
      return { sessionId: answer.sessionId, result: answers.get("session/new") ?? answer };
    },
    async loadSession(sessionId, cwd) {
      await connection.agent.request(acp.methods.agent.session.load, { sessionId, cwd, mcpServers: [] });
    },
    async setOption(sessionId, configId, value) {
      await connection.agent.request(acp.methods.agent.session.setConfigOption, { sessionId, configId, value });
    },
    async prompt(request) {
      const answer = await connection.agent.request(acp.methods.agent.session.prompt, request);
      const result = answers.get("session/prompt") ?? answer;
      return { stopReason: (isRecord(result) && text(result["stopReason"])) || answer.stopReason, result };
    },
    cancel: (sessionId) => connection.agent.notify(acp.methods.agent.session.cancel, { sessionId }),
    kill(signal) {
      if (child.pid !== undefined) killGroup(child.pid, signal);
    },
  };
}

function signalOfCode(code: number): NodeJS.Signals | null {
  const names = Object.entries(constants.signals).find(([, number]) => number === code - 128);
  return names ? (names[0] as NodeJS.Signals) : null;
}

/** The same stream, with every message of the agent shown to the listener first, and answers kept as they were. */
function tap(stream: acp.Stream, listener: AgentListener, answers: Map<string, unknown>): acp.Stream {
  const asked = new Map<unknown, string>();
  const outgoing = new TransformStream<acp.AnyMessage, acp.AnyMessage>({
    transform(message, controller) {
      if ("method" in message && "id" in message) asked.set(message.id, message.method);
      controller.enqueue(message);
    },
  });
  const incoming = new TransformStream<acp.AnyMessage, acp.AnyMessage>({
    transform(message, controller) {
      if ("method" in message) listener.onMessage(message.method, "params" in message ? message.params : undefined);
      else if ("result" in message) answers.set(asked.get(message.id) ?? "", message.result);
      controller.enqueue(message);
    },
  });
  outgoing.readable.pipeTo(stream.writable).catch(() => {});
  return { readable: stream.readable.pipeThrough(incoming), writable: outgoing.writable };
}

function toWeb(stream: Writable): WritableStream<Uint8Array> {
  return Writable.toWeb(stream) as WritableStream<Uint8Array>;
}

/** Node's byte streams yield Uint8Array; its type says `any`. */
function fromWeb(stream: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(stream) as ReadableStream<Uint8Array>;
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  let held = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (held + chunk).split("\n");
    // A line without end must not grow in memory for ever.
    held = (lines.pop() ?? "").slice(0, 64 * 1024);
    for (const line of lines) if (line.trim() !== "") onLine(line);
  });
  stream.on("end", () => {
    if (held.trim() !== "") onLine(held);
  });
  stream.on("error", () => {});
}
