import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { formatCursor, parseCursor } from "@signalbox/catalog/cursor";
import { POSITION_HEADER } from "@signalbox/catalog/http-headers";
import type { Signal } from "@signalbox/catalog/signals";
import type { EventsFrame, TurnFrame } from "@signalbox/catalog/stream-frames";
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { initTRPC, tracked, TRPCError } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import superjson from "superjson";
import type { PlanRecord } from "../src/signals/plan-caches.ts";

/** A host in small on real HTTP: plans, their signals, one turn. */
export interface TestHost {
  url: string;
  plans: Map<string, PlanRecord>;
  entries: LoggedEntry[];
  /** Procedures called, `/__/events` for a stream. */
  calls: string[];
  /** Somebody changes a plan: the record and its signal. */
  change(id: string, change: Partial<PlanRecord>): PlanRecord;
  position(): string;
  cut(): void;
  wake(): void;
  close(): Promise<void>;
}

const t = initTRPC.create({ transformer: superjson });
const Id = (value: unknown) => value as { id: string };
const Stream = (value: unknown) => value as { lastEventId?: string };
type Move = { id: string; status: string };

export async function startHost(): Promise<TestHost> {
  const signals: Signal[] = [];
  const waiting = new Set<() => void>();
  const sockets = new Set<Socket>();
  const more = (signal: AbortSignal | undefined) =>
    new Promise<void>((resolve) => {
      waiting.add(resolve);
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  const at = (seq: number) => formatCursor({ epoch: 1, seq });

  const find = (id: string) => {
    const plan = host.plans.get(id);
    if (!plan) throw new TRPCError({ code: "NOT_FOUND" });
    return plan;
  };
  const calls = t.router({
    plan: t.router({
      list: t.procedure.query(() => [...host.plans.values()].toSorted((a, b) => (a.position < b.position ? -1 : 1))),
      get: t.procedure.input(Id).query(({ input }) => find(input.id)),
      move: t.procedure
        .input((value: unknown) => value as Move)
        .mutation(({ input }) => host.change(input.id, { status: input.status })),
    }),
  });
  const streams = t.router({
    events: t.procedure.input(Stream).subscription(async function* ({ input, signal }) {
      let seq = parseCursor(input.lastEventId)?.seq ?? signals.length;
      const send = (frame: EventsFrame) => tracked(at(seq), frame);
      yield send({ type: "hello", serverTime: 1, heartbeatMs: 15_000, protocol: 1 });
      while (!signal?.aborted) {
        const fresh = signals.slice(seq);
        seq = signals.length;
        if (fresh.length > 0) yield send({ type: "signals", signals: fresh });
        else await more(signal);
      }
    }),
    turn: t.procedure.input(Stream).subscription(async function* ({ input, signal }) {
      let seq = parseCursor(input.lastEventId)?.seq ?? 0;
      while (!signal?.aborted) {
        const entry = host.entries[seq];
        if (!entry) {
          await more(signal);
          continue;
        }
        seq = entry.seq;
        const frame: TurnFrame = { type: "entries", first: seq, last: seq, entries: [entry] };
        yield tracked(at(seq), frame);
        if (entry.kind === "turn-end") return;
      }
    }),
  });

  const handleCalls = createHTTPHandler({
    router: calls,
    basePath: "/api/trpc/",
    responseMeta: () => ({ headers: new Headers([[POSITION_HEADER, at(signals.length)]]) }),
  });
  const handleStreams = createHTTPHandler({ router: streams, basePath: "/__/" });
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://host").pathname;
    if (path.startsWith("/__/")) {
      host.calls.push(path);
      return handleStreams(request, response);
    }
    host.calls.push(...path.slice("/api/trpc/".length).split(","));
    handleCalls(request, response);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const host: TestHost = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    plans: new Map(),
    entries: [],
    calls: [],
    change(id, change) {
      const known = host.plans.get(id) ?? { id, workspaceId: "w", status: "draft", position: id, version: 0 };
      const plan = { ...known, ...change, version: known.version + 1 };
      host.plans.set(id, plan);
      signals.push({ name: "plan.updated", ids: { plan: id, board: "b" }, workspaceId: "w", at: 1 });
      host.wake();
      return plan;
    },
    position: () => at(signals.length),
    cut() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    wake() {
      for (const resolve of waiting) resolve();
      waiting.clear();
    },
    async close() {
      host.cut();
      server.close();
      await once(server, "close");
    },
  };
  return host;
}
