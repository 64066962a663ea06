/**
 * An operator that speaks the real protocol with a real token, and says what the bench tells it to: hello, one append under
 * way per turn, the bound of appends under way, a new connection after a lost one. Its spool is in memory.
 */
import { APPEND_MAX_ENTRIES, OPERATOR_APPENDS_IN_FLIGHT } from "@signalbox/catalog/bounds";
import { CommandFrame, type AppendInput } from "@signalbox/catalog/operator-protocol";
import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import { OPERATOR_PING_MS } from "@signalbox/catalog/timing";
import type { OperatorRouter } from "@signalbox/server/api/operator-router";
import { createTRPCClient, createWSClient, wsLink, type TRPCClient } from "@trpc/client";
import { randomUUID } from "node:crypto";
import superjson from "superjson";
import { WebSocket } from "ws";
import type { Product } from "../product.ts";
import { within } from "../within.ts";

type Entry = AppendInput["entries"][number];

export interface BenchOperator {
  /** Resolves when the turn's start was commanded. */
  commanded(turnId: string): Promise<void>;
  /** Puts an entry behind the turn's spool; it is on its way at once. Answers with its sequence number. */
  say(turnId: string, entry: { kind: string; [field: string]: unknown }): number;
  /** Resolves when the host has acknowledged all that was said of these turns. */
  acknowledged(turnIds: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export const BENCH_PROFILE = "bench";
/** A host that restarts takes longer; the product's operator waits as short at first. */
const RECONNECT_MS = 250;
/** A store that is overrun catches up within this, or is told as failed. */
const ANSWER_WITHIN_MS = 240_000;

interface Spool {
  entries: Entry[];
  acked: number;
  isSending: boolean;
  isClosed: boolean;
}

interface Session {
  client: TRPCClient<OperatorRouter>;
  generation: number;
  close(): Promise<void>;
}

export async function startBenchOperator(product: Product, ending: AbortSignal): Promise<BenchOperator> {
  const instanceId = randomUUID();
  const spools = new Map<string, Spool>();
  const starts = new Map<string, () => void>();
  const commanded = new Map<string, Promise<void>>();
  const waiting = new Set<() => void>();
  let session: Session | null = null;
  let inFlight = 0;
  let isStopped = false;
  let resolveHello = () => {};
  const firstHello = new Promise<void>((resolve) => {
    resolveHello = resolve;
  });

  const startOf = (turnId: string): Promise<void> => {
    const known = commanded.get(turnId);
    if (known) return known;
    const made = new Promise<void>((resolve) => starts.set(turnId, resolve));
    commanded.set(turnId, made);
    return made;
  };

  async function hello(client: TRPCClient<OperatorRouter>): Promise<number> {
    const turns = [...spools].filter(([, spool]) => !spool.isClosed);
    const output = await client.hello.mutate({
      protocol: PROTOCOL_VERSION,
      version: "bench",
      instanceId,
      profiles: [{ id: BENCH_PROFILE, name: "Bench", isDemo: true }],
      turns: turns.map(([turnId, { entries }]) => ({ turnId, lastSeq: entries.length })),
    });
    for (const { turnId, ackedSeq, state } of output.turns) {
      const spool = spools.get(turnId);
      if (spool) Object.assign(spool, { acked: ackedSeq, isClosed: state === "closed" });
    }
    client.commands.subscribe(
      { generation: output.generation },
      {
        onData({ data }) {
          const { command, commandId } = CommandFrame.parse(data);
          client.reply
            .mutate({ generation: output.generation, commandId, result: { ok: true } })
            .catch(() => undefined);
          if (command.type !== "turn.start") return;
          void startOf(command.turnId);
          starts.get(command.turnId)?.();
        },
        onError: () => {},
      },
    );
    return output.generation;
  }

  function connect(): void {
    if (isStopped) return;
    let isOver = false;
    let beating: NodeJS.Timeout | undefined;
    const lose = () => {
      if (isOver) return;
      isOver = true;
      clearInterval(beating);
      session = null;
      void wsClient.close().catch(() => undefined);
      setTimeout(connect, RECONNECT_MS);
    };
    class OperatorSocket extends WebSocket {
      constructor(address: string | URL) {
        super(address, { headers: { authorization: `Bearer ${product.operatorToken}` } });
        this.on("error", lose).on("close", lose);
      }
    }
    const wsClient = createWSClient({
      url: `${product.writeUrl.replace("http", "ws")}/__/operator`,
      WebSocket: asBrowserSocket(OperatorSocket),
      // A connection that is lost is a session that is over.
      retryDelayMs: () => 3_600_000,
    });
    const client = createTRPCClient<OperatorRouter>({ links: [wsLink({ client: wsClient, transformer: superjson })] });
    hello(client).then((generation) => {
      if (isOver) return;
      // Peers have their turn for longer than a lease: who says nothing meanwhile is gone, and gets no turn.
      beating = setInterval(() => {
        const turnIds = [...spools].flatMap(([turnId, spool]) => (spool.isClosed ? [] : turnId));
        client.heartbeat.mutate({ generation, turnIds }).catch(() => undefined);
      }, OPERATOR_PING_MS).unref();
      session = {
        client,
        generation,
        close() {
          clearInterval(beating);
          return wsClient.close();
        },
      };
      for (const spool of spools.values()) spool.isSending = false;
      inFlight = 0;
      resolveHello();
      pumpAll();
    }, lose);
  }

  function pumpAll(): void {
    for (const [turnId, spool] of spools) {
      if (inFlight >= OPERATOR_APPENDS_IN_FLIGHT) return;
      pump(turnId, spool);
    }
  }

  function pump(turnId: string, spool: Spool): void {
    const current = session;
    if (!current || spool.isSending || spool.isClosed || spool.acked >= spool.entries.length) return;
    if (inFlight >= OPERATOR_APPENDS_IN_FLIGHT) return;
    spool.isSending = true;
    inFlight += 1;
    const entries = spool.entries.slice(spool.acked, spool.acked + APPEND_MAX_ENTRIES);
    current.client.append.mutate({ generation: current.generation, turnId, entries }).then(
      ({ verdict, ackedSeq }) => {
        if (session !== current) return;
        inFlight -= 1;
        spool.isSending = false;
        spool.acked = Math.max(spool.acked, ackedSeq);
        spool.isClosed = verdict !== "stored" && verdict !== "gap";
        // Whoever waited longest goes first: a turn that was served goes behind the others.
        spools.delete(turnId);
        spools.set(turnId, spool);
        pumpAll();
        for (const notify of waiting) notify();
      },
      () => undefined,
    );
  }

  connect();
  const bounded = <T>(work: Promise<T>, what: string) => within(work, { ms: ANSWER_WITHIN_MS, what, ending });
  try {
    await bounded(firstHello, "The operator's hello");
  } catch (error) {
    isStopped = true;
    throw error;
  }
  return {
    commanded: (turnId) => bounded(startOf(turnId), "The start of a turn"),
    say(turnId, entry) {
      const spool = spools.get(turnId) ?? { entries: [], acked: 0, isSending: false, isClosed: false };
      spools.set(turnId, spool);
      const seq = spool.entries.length + 1;
      spool.entries.push({ seq, at: Date.now(), ...entry });
      pump(turnId, spool);
      return seq;
    },
    async acknowledged(turnIds) {
      const isDone = () =>
        turnIds.every((turnId) => {
          const spool = spools.get(turnId);
          return !spool || spool.isClosed || spool.acked >= spool.entries.length;
        });
      let notify = () => {};
      const done = new Promise<void>((resolve) => {
        notify = () => isDone() && resolve();
        waiting.add(notify);
        notify();
      });
      await bounded(done, "The acknowledgement of all entries").finally(() => waiting.delete(notify));
    },
    async stop() {
      isStopped = true;
      await session?.close().catch(() => undefined);
    },
  };
}

/** tRPC's client uses only what `ws` and the browser's WebSocket have in common. */
function asBrowserSocket(socket: new (url: string | URL) => WebSocket): typeof globalThis.WebSocket {
  return socket as unknown as typeof globalThis.WebSocket;
}
