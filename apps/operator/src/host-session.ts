/**
 * One connection to the host over either link, from its beginning to its end. It never reconnects by itself: a new connection is a new
 * session with a new hello, because the host fences by it.
 */
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { CHANNEL_FENCED, CHANNEL_REVOKED } from "@signalbox/catalog/channel-close";
import {
  AppendOutput,
  AttachOutput,
  CommandFrame,
  HelloOutput,
  OperatorCommand,
  ProfilesOutput,
  ReportOutput,
  type AppendInput,
  type AttachInput,
  type HelloInput,
  type RegisterInput,
  type ReplyInput,
  type ReportInput,
} from "@signalbox/catalog/operator-protocol";
import { OPERATOR_PING_MS } from "@signalbox/catalog/timing";
import superjson from "superjson";
import { z } from "zod";
import type { Channel } from "./config.ts";
import { ANSWER_TIMEOUT_MS, CLOSE_GRACE_MS, PONG_TIMEOUT_MS } from "./limits.ts";
import type { LinkSocket, OperatorLink } from "./links/operator-link.ts";
import { webPubSubLink } from "./links/web-pubsub-link.ts";
import { webSocketLink } from "./links/websocket-link.ts";
import type { OperatorRouter } from "./operator-router.ts";

/**
 * `refused`: the host knows no such token. `fenced`: a newer connection with it took over. `lost` is worth another try.
 */
export type SessionEnd = { reason: "refused" } | { reason: "fenced" } | { reason: "lost"; detail: string };

/** A command as it came; null where this version knows none of its type. */
export interface ReceivedCommand {
  seq: number;
  commandId: string;
  type: string;
  command: OperatorCommand | null;
}

/** A newer host's command is one all the same: it is answered, and the connection lives on. */
const ReceivedFrame = CommandFrame.extend({ command: z.looseObject({ type: z.string().max(60) }) });

export interface HostSession {
  /** Resolves once, when the connection is gone for whatever reason. */
  ended: Promise<SessionEnd>;
  /** Aborted at the same moment. */
  signal: AbortSignal;
  isOpen(): boolean;
  hello(input: HelloInput): Promise<HelloOutput>;
  append(input: AppendInput): Promise<AppendOutput>;
  /** The same for the log of a turn's sandbox. */
  sandboxAppend(input: AppendInput): Promise<AppendOutput>;
  reply(input: ReplyInput): Promise<void>;
  heartbeat(generation: number, turnIds: string[]): Promise<number>;
  /** The profiles of the operator's workspace. */
  profiles(): Promise<ProfilesOutput["profiles"]>;
  register(input: RegisterInput): Promise<void>;
  attach(input: AttachInput): Promise<AttachOutput>;
  /** How an attempt stands. */
  report(input: ReportInput): Promise<ReportOutput>;
  /** Commands in the host's order. A frame that is none ends the session. */
  onCommand(generation: number, onCommand: (received: ReceivedCommand) => void): void;
  /** Ends the connection; `ended` follows at once. */
  close(detail: string): void;
}

const LINKS: Record<Channel["link"], OperatorLink> = { websocket: webSocketLink, "web-pubsub": webPubSubLink };

const KNOWN_TYPES = new Set<string>(OperatorCommand.options.map((option) => option.shape.type.value));

export function openSession({ channel, token }: { channel: Channel; token: string }): HostSession {
  let end: SessionEnd | null = null;
  const over = new AbortController();
  const waiting = new Set<(error: Error) => void>();
  let resolveEnded = (_end: SessionEnd): void => {};
  const ended = new Promise<SessionEnd>((resolve) => {
    resolveEnded = resolve;
  });
  let socket: LinkSocket | null = null;

  function finish(reason: SessionEnd): void {
    if (end) return;
    end = reason;
    wsClient.close().catch(() => {});
    socket?.close();
    for (const reject of waiting) reject(new Error(`The connection ended (${reason.reason}).`));
    over.abort();
    resolveEnded(reason);
  }
  function lost(detail: string): void {
    finish({ reason: "lost", detail });
  }

  /** A refusal of the commands comes beside the close whose code tells why; the code must win. */
  function lostSoon(detail: string): void {
    setTimeout(() => lost(detail), CLOSE_GRACE_MS).unref();
  }

  const link = LINKS[channel.link]({
    token,
    onSocket(opened) {
      // The host asked for a move to another connection: that is a session of its own.
      if (socket) queueMicrotask(() => lost("the host asked to reconnect"));
      socket = opened;
    },
    onRefused: () => finish({ reason: "refused" }),
    onLost: lost,
    onClose(code) {
      if (code === CHANNEL_REVOKED) finish({ reason: "refused" });
      else if (code === CHANNEL_FENCED) finish({ reason: "fenced" });
      else lost(`closed with ${code}`);
    },
  });
  const wsClient = createWSClient({
    url: channel.url,
    WebSocket: link,
    keepAlive: { enabled: true, intervalMs: OPERATOR_PING_MS, pongTimeoutMs: PONG_TIMEOUT_MS },
    onClose: () => lost("closed"),
  });
  const client = createTRPCClient<OperatorRouter>({ links: [wsLink({ client: wsClient, transformer: superjson })] });

  /** An answer that doesn't come ends the session: whoever waits would wait for ever. */
  function answer<T>(name: string, ask: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (end) return reject(new Error(`The connection ended before ${name}.`));
      const timer = setTimeout(() => lost(`no answer to ${name}`), ANSWER_TIMEOUT_MS);
      waiting.add(reject);
      ask()
        .then(resolve, reject)
        .finally(() => {
          clearTimeout(timer);
          waiting.delete(reject);
        });
    });
  }

  return {
    ended,
    signal: over.signal,
    isOpen: () => end === null,
    hello: async (input) => HelloOutput.parse(await answer("hello", () => client.hello.mutate(input))),
    append: async (input) => AppendOutput.parse(await answer("append", () => client.append.mutate(input))),
    sandboxAppend: async (input) =>
      AppendOutput.parse(await answer("sandboxAppend", () => client.sandboxAppend.mutate(input))),
    async reply(input) {
      await answer("reply", () => client.reply.mutate(input));
    },
    async heartbeat(generation, turnIds) {
      const output = await answer("heartbeat", () => client.heartbeat.mutate({ generation, turnIds }));
      return z.object({ generation: z.number().int() }).parse(output).generation;
    },
    async profiles() {
      return ProfilesOutput.parse(await answer("profiles", () => client.profiles.query())).profiles;
    },
    async register(input) {
      await answer("register", () => client.register.mutate(input));
    },
    attach: async (input) => AttachOutput.parse(await answer("attach", () => client.attach.mutate(input))),
    report: async (input) => ReportOutput.parse(await answer("report", () => client.report.mutate(input))),
    onCommand(generation, onCommand) {
      client.commands.subscribe(
        { generation },
        {
          onData: ({ data }) => {
            const frame = ReceivedFrame.safeParse(data);
            if (end) return;
            if (!frame.success) return lost("a command that is none");
            const { seq, commandId, command } = frame.data;
            const known = OperatorCommand.safeParse(command);
            // Of a type that is known, and not of its shape: that is no command either.
            if (!known.success && KNOWN_TYPES.has(command.type)) return lost("a command that is none");
            onCommand({ seq, commandId, type: command.type, command: known.success ? known.data : null });
          },
          onError: (error) => lostSoon(`commands: ${error.message}`),
          onComplete: () => lostSoon("the host ended the commands"),
        },
      );
    },
    close: lost,
  };
}
