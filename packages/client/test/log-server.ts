import type { IncomingMessage, ServerResponse } from "node:http";
import { formatCursor, parseCursor } from "@signalbox/catalog/cursor";
import type { Signal } from "@signalbox/catalog/signals";
import type { CloseCode, EventsFrame, TurnFrame } from "@signalbox/catalog/stream-frames";
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { applyEntry, emptyTurnView } from "@signalbox/catalog/turn-view";
import { initTRPC, tracked } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { createTRPCClient, type TRPCClient } from "@trpc/client";
import superjson from "superjson";
import { signalboxLinks, type LinkOptions } from "../src/links.ts";
import { createPollClient, type PollClient } from "../src/polling/poll-client.ts";
import type { TurnRecord } from "../src/turns/turn-reader.ts";
import { answerPoll } from "./poll-server.ts";
import { listen, type ScriptedServer } from "./stream-server.ts";

/**
 * A host in small: the two subscriptions over in-memory logs, on real HTTP with real tRPC. What it answers is scripted
 * by the test; how it travels is not.
 */
export interface LogServer {
  server: ScriptedServer;
  client(options?: Partial<LinkOptions>): TestClient;
  /** Polls of this host, over the same logs. */
  poll(): PollClient;
  epoch: number;
  /** Signals up to this number are pruned. */
  floor: number;
  /** Answers a stream's request in the stream's place. */
  refuse: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  /** Events streams that are open now. */
  openStreams: number;
  /** Signals; a signal's sequence number is its index + 1. */
  signals: Signal[];
  /** The turn's log. */
  entries: LoggedEntry[];
  /** Entries in each frame, taken in turn. */
  frameSizes: number[];
  /** How far before the asked position a resumed stream begins: duplicates. Taken in turn. */
  overlaps: number[];
  /** Sent instead of entries to a reader with a cursor, once. */
  lose: "start" | "record" | null;
  /** The turn's stream completes without the turn-end: its log is gone, its record stands. */
  endsEarly: boolean;
  /** Bytes of each following response after which its wire is cut. */
  cuts: number[];
  /** Wakes the streams that wait for more. */
  wake(): void;
  /** Ends the open events streams with this code. */
  closeEvents(code: CloseCode): void;
  close(): Promise<void>;
}

/** tRPC's own heartbeat: how often, and after what silence the client reconnects. Off unless given. */
export interface LogServerOptions {
  heartbeat?: { pingMs: number; reconnectAfterInactivityMs: number };
}

type Builder = ReturnType<typeof build>;

function build(heartbeat: LogServerOptions["heartbeat"]) {
  const { pingMs = 0, reconnectAfterInactivityMs = 0 } = heartbeat ?? {};
  return initTRPC.create({
    transformer: superjson,
    sse: {
      ping: { enabled: heartbeat !== undefined, intervalMs: pingMs },
      ...(heartbeat && { client: { reconnectAfterInactivityMs } }),
    },
  });
}
type StreamInput = { lastEventId?: string };
const anyInput = (value: unknown) => value as StreamInput;

function streamsOf(t: Builder, host: LogServer, waiting: Set<() => void>, closing: { code: CloseCode | null }) {
  const more = (signal: AbortSignal | undefined) =>
    new Promise<void>((resolve) => {
      waiting.add(resolve);
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  const at = (seq: number) => formatCursor({ epoch: host.epoch, seq });

  return t.router({
    events: t.procedure.input(anyInput).subscription(async function* ({ input, signal }) {
      const send = (seq: number, frame: EventsFrame) => tracked(at(seq), frame);
      const given = parseCursor(input.lastEventId);
      let seq = given?.seq ?? host.signals.length;
      yield send(seq, { type: "hello", serverTime: 1, heartbeatMs: 15_000, protocol: 1 });
      if (given && (given.epoch !== host.epoch || given.seq < host.floor)) {
        seq = host.signals.length;
        yield send(seq, { type: "resync", reason: "unknown-cursor", spreadMs: 0 });
      }
      while (!signal?.aborted) {
        if (closing.code) {
          const { code } = closing;
          closing.code = null;
          yield send(seq, { type: "close", code });
          throw Object.assign(new Error("come back"), { name: "AbortError" });
        }
        if (seq < host.signals.length) {
          const signals = host.signals.slice(seq);
          seq = host.signals.length;
          yield send(seq, { type: "signals", signals });
        } else await more(signal);
      }
    }),
    turn: t.procedure.input(anyInput).subscription(async function* ({ input, signal }) {
      const send = (seq: number, frame: TurnFrame) => tracked(at(seq), frame);
      const given = parseCursor(input.lastEventId);
      let seq = given?.seq ?? 0;
      if (given && host.lose) {
        const from = host.lose;
        host.lose = null;
        seq = 0;
        yield send(from === "start" ? 0 : seq, { type: "resync", from });
        if (from === "record") return;
      } else seq = Math.max(0, seq - (host.overlaps.shift() ?? 0));
      while (!signal?.aborted) {
        if (host.endsEarly) return;
        const entries = host.entries.slice(seq, seq + (host.frameSizes.shift() ?? 3));
        const [first] = entries;
        const last = entries.at(-1);
        if (!first || !last) {
          await more(signal);
          continue;
        }
        seq = last.seq;
        yield send(seq, { type: "entries", first: first.seq, last: last.seq, entries });
        if (last.kind === "turn-end") return;
      }
    }),
  });
}

function callsOf(t: Builder, host: LogServer) {
  return t.router({
    turn: t.router({
      get: t.procedure.input((value: unknown) => value as { turnId: string }).query((): TurnRecord => recordOf(host)),
    }),
  });
}

export function recordOf(host: Pick<LogServer, "entries" | "epoch">, upTo = host.entries.length): TurnRecord {
  const entries = host.entries.slice(0, upTo);
  const view = entries.reduce(applyEntry, emptyTurnView());
  const outcome = view.end?.outcome ?? null;
  return {
    status: outcome === null ? "streaming" : outcome === "failed" ? "failed" : "completed",
    outcome,
    cursor: formatCursor({ epoch: host.epoch, seq: entries.length }),
    view,
  };
}

type TestClient = TRPCClient<ReturnType<typeof streamsOf>> & TRPCClient<ReturnType<typeof callsOf>>;

export async function startLogServer({ heartbeat }: LogServerOptions = {}): Promise<LogServer> {
  const t = build(heartbeat);
  const waiting = new Set<() => void>();
  const closing: { code: CloseCode | null } = { code: null };
  const wake = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const server = await listen(() => undefined);
  const host: LogServer = {
    server,
    client: (options) =>
      createTRPCClient<ReturnType<typeof callsOf>>({
        links: signalboxLinks({ url: server.url, random: () => 0, ...options }),
      }) as TestClient,
    poll: () => createPollClient({ url: server.url, fetch, headers: () => ({}) }),
    epoch: 1,
    floor: 0,
    refuse: null,
    openStreams: 0,
    signals: [],
    entries: [],
    frameSizes: [],
    overlaps: [],
    lose: null,
    endsEarly: false,
    cuts: [],
    wake,
    closeEvents(code) {
      closing.code = code;
      wake();
    },
    close: () => server.close(),
  };
  const streams = createHTTPHandler({ router: streamsOf(t, host, waiting, closing), basePath: "/__/" });
  const calls = createHTTPHandler({ router: callsOf(t, host), basePath: "/api/trpc/" });
  server.answer = (request, response) => {
    if (request.url?.startsWith("/api/poll/")) return answerPoll(host, request, response);
    if (!request.url?.startsWith("/__/")) return calls(request, response);
    if (request.url.startsWith("/__/keep")) return void response.writeHead(204).end();
    if (host.refuse) return host.refuse(request, response);
    host.openStreams += 1;
    response.once("close", () => (host.openStreams -= 1));
    const cut = host.cuts.shift();
    if (cut !== undefined) cutAfter(response, cut);
    streams(request, response);
  };
  return host;
}

/** Lets `bytes` of the body through, then destroys the socket. */
function cutAfter(response: ServerResponse, bytes: number): void {
  const write = response.write.bind(response);
  let left = bytes;
  response.write = ((chunk: Uint8Array | string) => {
    const data = Buffer.from(chunk as string);
    if (left < 0) return true;
    if (data.length <= left) {
      left -= data.length;
      return write(data);
    }
    write(data.subarray(0, left), () => response.socket?.destroy());
    left = -1;
    return true;
  }) as typeof response.write;
}
