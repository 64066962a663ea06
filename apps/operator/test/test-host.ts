/**
 * A host for tests: a real WebSocket server with the operator's router over a log in memory, which refuses gaps, other
 * content, entries after the end and fenced connections, and whose faults are switched from outside.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { isDeepStrictEqual } from "node:util";
import {
  AppendInput,
  AttachInput,
  HeartbeatInput,
  HelloInput,
  RegisterInput,
  ReplyInput,
  ReportInput,
  type AgentProfile,
  type AppendOutput,
  type AttachOutput,
  type CommandFrame,
  type HelloOutput,
  type OperatorCommand,
  type ProfilesOutput,
  type ReportOutput,
} from "@signalbox/catalog/operator-protocol";
import { LoggedSandboxEntry } from "@signalbox/catalog/sandbox-entry";
import { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { initTRPC, tracked, TRPCError } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import superjson from "superjson";
import { WebSocketServer } from "ws";
import { z } from "zod";

type Entry = AppendInput["entries"][number];

interface HostTurn {
  entries: Entry[];
  isClosed: boolean;
}

export interface Faults {
  /** Milliseconds before an append is answered (after it is stored). */
  answerLateMs: number;
  /** Cut the connection after the append is stored, before it is answered, this often. */
  cutBeforeAck: number;
  /** Answer this often that entries are missing, from the start. */
  forgetAll: number;
  /** Say at the hello that there is no more than this of each turn. */
  helloAtMost: number;
  /** Be a host from before there were attachments, from its start on. */
  takesNoAttachments: boolean;
  /** Answer a report of an attempt with this error. */
  reportError(input: ReportInput): TRPCError["code"] | null;
}

/** The part of the host that outlives a restart. */
export interface HostStore {
  turns: Map<string, HostTurn>;
  /** The logs of sandboxes, by their turns. */
  sandboxes: Map<string, HostTurn>;
  commands: CommandFrame[];
  replies: ReplyInput[];
  hellos: HelloInput[];
  /** Attachments' pieces in their order, by turn and id. */
  attachments: Map<string, { pieces: string[]; isWhole: boolean }>;
  /** The workspace's profiles. */
  profiles: ProfilesOutput["profiles"];
  /** The agents as the operator told them last. */
  registered: AgentProfile[];
  /** What was said of attempts, as it came. */
  reports: ReportInput[];
  generation: number;
  /** Bytes of the appends' entries that were not answered yet, and the most that they ever were. */
  unanswered: { bytes: number; most: number };
  faults: Faults;
  token: string;
}

export function createStore(token: string): HostStore {
  return {
    turns: new Map(),
    sandboxes: new Map(),
    commands: [],
    replies: [],
    hellos: [],
    attachments: new Map(),
    profiles: [],
    registered: [],
    reports: [],
    generation: 0,
    unanswered: { bytes: 0, most: 0 },
    faults: {
      answerLateMs: 0,
      cutBeforeAck: 0,
      forgetAll: 0,
      helloAtMost: Number.MAX_SAFE_INTEGER,
      takesNoAttachments: false,
      reportError: () => null,
    },
    token,
  };
}

const t = initTRPC.context<{ cut: () => void; close: (code: number) => void }>().create({ transformer: superjson });

function createRouter(store: HostStore, wakers: Set<() => void>) {
  function append(
    logs: Map<string, HostTurn>,
    endKind: string,
    { turnId, entries, generation }: AppendInput,
  ): AppendOutput {
    const turn = logs.get(turnId);
    if (generation !== store.generation) return { verdict: "fenced", ackedSeq: turn?.entries.length ?? 0 };
    if (!turn) return { verdict: "unknown", ackedSeq: 0 };
    const acked = turn.entries.length;
    if (store.faults.forgetAll > 0) {
      store.faults.forgetAll -= 1;
      turn.entries = [];
      return { verdict: "gap", ackedSeq: 0 };
    }
    const known = entries.filter(({ seq }) => seq <= acked);
    if (known.some((entry) => !isDeepStrictEqual(turn.entries[entry.seq - 1], entry))) {
      return { verdict: "diverged", ackedSeq: acked };
    }
    const fresh = entries.slice(known.length);
    if (fresh.length === 0) return { verdict: "stored", ackedSeq: acked };
    if (turn.isClosed) return { verdict: "closed", ackedSeq: acked };
    if (fresh[0]?.seq !== acked + 1) return { verdict: "gap", ackedSeq: acked };
    for (const entry of fresh) {
      (logs === store.turns ? LoggedEntry : LoggedSandboxEntry).parse(entry);
      turn.entries.push(entry);
      if (entry.kind === endKind) turn.isClosed = true;
    }
    return { verdict: "stored", ackedSeq: turn.entries.length };
  }

  async function withFaults(
    output: AppendOutput,
    { entries }: AppendInput,
    { cut }: { cut: () => void },
  ): Promise<AppendOutput> {
    const { unanswered } = store;
    const bytes = JSON.stringify(entries).length;
    unanswered.bytes += bytes;
    unanswered.most = Math.max(unanswered.most, unanswered.bytes);
    if (store.faults.cutBeforeAck > 0) {
      store.faults.cutBeforeAck -= 1;
      cut();
    }
    if (store.faults.answerLateMs > 0) await new Promise((resolve) => setTimeout(resolve, store.faults.answerLateMs));
    unanswered.bytes -= bytes;
    return output;
  }

  const attach = t.procedure.input(AttachInput).mutation(({ input, ctx }): AttachOutput => {
    const key = `${input.turnId}/${input.attachmentId}`;
    const known = store.attachments.get(key) ?? { pieces: [], isWhole: false };
    store.attachments.set(key, known);
    const stored = known.pieces.length;
    if (input.generation !== store.generation) return { verdict: "fenced", stored };
    if (input.piece > stored + 1) return { verdict: "gap", stored };
    if (input.piece <= stored) return { verdict: "stored", stored };
    known.pieces.push(input.text);
    known.isWhole = input.isLast;
    if (store.faults.cutBeforeAck > 0) {
      store.faults.cutBeforeAck -= 1;
      ctx.cut();
    }
    return { verdict: "stored", stored: stored + 1 };
  });

  return t.router({
    hello: t.procedure.input(HelloInput).mutation(({ input }): HelloOutput => {
      store.hellos.push(input);
      store.registered = input.profiles;
      store.generation += 1;
      for (const wake of wakers) wake();
      wakers.clear();
      return {
        operatorId: "operator-1",
        workspaceId: "workspace-1",
        generation: store.generation,
        heartbeatMs: 15_000,
        turns: input.turns.map(({ turnId }) => {
          const known = (turn: HostTurn) => ({
            ackedSeq: Math.min(turn.entries.length, store.faults.helloAtMost),
            state: turn.isClosed ? ("closed" as const) : ("open" as const),
          });
          const turn = store.turns.get(turnId);
          if (!turn) return { turnId, ackedSeq: 0, state: "unknown" };
          return {
            turnId,
            ...known(turn),
            sandbox: known(store.sandboxes.get(turnId) ?? { entries: [], isClosed: false }),
          };
        }),
      };
    }),
    append: t.procedure
      .input(AppendInput)
      .mutation(({ input, ctx }) => withFaults(append(store.turns, "turn-end", input), input, ctx)),
    sandboxAppend: t.procedure.input(AppendInput).mutation(({ input, ctx }) => {
      if (!store.sandboxes.has(input.turnId)) store.sandboxes.set(input.turnId, { entries: [], isClosed: false });
      return withFaults(append(store.sandboxes, "sandbox-end", input), input, ctx);
    }),
    reply: t.procedure.input(ReplyInput).mutation(({ input }): void => {
      store.replies.push(input);
    }),
    report: t.procedure.input(ReportInput).mutation(({ input }): ReportOutput => {
      if (input.generation !== store.generation) return { verdict: "fenced" };
      const code = store.faults.reportError(input);
      if (code) throw new TRPCError({ code });
      store.reports.push(input);
      return { verdict: "stored" };
    }),
    profiles: t.procedure.query((): ProfilesOutput => ({ profiles: store.profiles })),
    register: t.procedure.input(RegisterInput).mutation(({ input }): { generation: number } => {
      if (input.generation === store.generation) store.registered = input.profiles;
      return { generation: store.generation };
    }),
    ...(store.faults.takesNoAttachments ? {} : { attach }),
    heartbeat: t.procedure
      .input(HeartbeatInput)
      .mutation((): { generation: number } => ({ generation: store.generation })),
    commands: t.procedure
      .input(z.object({ generation: z.number(), lastEventId: z.string().optional() }))
      .subscription(async function* ({ signal, ctx, input }) {
        const answered = (): Set<string> => new Set(store.replies.map(({ commandId }) => commandId));
        const sent = new Set<CommandFrame>();
        const before = answered();
        for (const frame of store.commands) if (before.has(frame.commandId)) sent.add(frame);
        while (!signal?.aborted) {
          if (input.generation !== store.generation) {
            ctx.close(4409);
            throw new TRPCError({ code: "FORBIDDEN" });
          }
          for (const frame of store.commands) {
            if (sent.has(frame)) continue;
            sent.add(frame);
            yield tracked(String(frame.seq), frame);
          }
          await new Promise<void>((resolve) => {
            wakers.add(resolve);
            signal?.addEventListener("abort", () => resolve(), { once: true });
          });
        }
      }),
  });
}

export interface TestHost {
  url: string;
  port: number;
  /** Puts the command into the log and sends it. Returns its id. */
  send(command: OperatorCommand, commandId?: string): string;
  connections(): number;
  /** Resets every socket. */
  dropAll(): void;
  /** The host is gone: nothing listens, every socket is reset. The store stays. */
  kill(): Promise<void>;
}

/** `port` 0 takes a free one; a restarted host takes its old one. */
export async function startTestHost(store: HostStore, port = 0): Promise<TestHost> {
  const wakers = new Set<() => void>();
  const server: Server = createServer((_request, response) => response.writeHead(404).end());
  const wss = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 });
  applyWSSHandler({
    wss,
    router: createRouter(store, wakers),
    createContext: ({ req, res }) => ({ cut: () => req.socket.resetAndDestroy(), close: (code) => res.close(code) }),
  });
  server.on("upgrade", (request: IncomingMessage, socket, head) => {
    if (request.url !== "/__/operator" || request.headers.authorization !== `Bearer ${store.token}`) {
      socket.end(
        `HTTP/1.1 ${request.url === "/__/operator" ? "401 Unauthorized" : "404 Not Found"}\r\nConnection: close\r\n\r\n`,
      );
      return;
    }
    wss.handleUpgrade(request, socket, head, (client) => wss.emit("connection", client, request));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo;

  function dropAll(): void {
    for (const client of wss.clients) client.terminate();
  }
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    send(command, commandId = `command-${store.commands.length + 1}`) {
      if ((command.type === "turn.start" || command.type === "attempt.start") && !store.turns.has(command.turnId)) {
        store.turns.set(command.turnId, { entries: [], isClosed: false });
      }
      store.commands.push({ seq: store.commands.length + 1, commandId, command });
      for (const wake of wakers) wake();
      wakers.clear();
      return commandId;
    },
    connections: () => wss.clients.size,
    dropAll,
    async kill() {
      dropAll();
      wss.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
