import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { formatCursor, parseCursor } from "@signalbox/catalog/cursor";
import type { PanelId } from "@signalbox/catalog/panels";
import type { Signal } from "@signalbox/catalog/signals";
import type { EventsFrame } from "@signalbox/catalog/stream-frames";
import { initTRPC, tracked } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import superjson from "superjson";

/** A host in small on real HTTP: panels whose number rises with each read, and signals. */
export interface PanelHost {
  url: string;
  /** Reads of each panel so far. */
  reads: Record<string, number>;
  /** Milliseconds that an answer takes. */
  latency: number;
  /** Somebody changed something. */
  signal(...names: Signal["name"][]): void;
  close(): Promise<void>;
}

const t = initTRPC.create({ transformer: superjson });
const Request = (value: unknown) => value as { panelId: PanelId; params: object };
const Stream = (value: unknown) => value as { lastEventId?: string };

export async function startPanelHost(): Promise<PanelHost> {
  const signals: Signal[] = [];
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const at = (seq: number) => formatCursor({ epoch: 1, seq });

  const calls = t.router({
    report: t.router({
      read: t.procedure.input(Request).query(async ({ input: { panelId, params } }) => {
        const count = (host.reads[panelId] ?? 0) + 1;
        host.reads[panelId] = count;
        if (host.latency > 0) await new Promise((resolve) => setTimeout(resolve, host.latency));
        return { panelId, asOf: new Date(1_000 * count), data: { count, params } };
      }),
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
        else {
          await new Promise<void>((resolve) => {
            waiting.add(resolve);
            signal?.addEventListener("abort", () => resolve(), { once: true });
          });
        }
      }
    }),
  });
  const handleCalls = createHTTPHandler({ router: calls, basePath: "/api/trpc/" });
  const handleStreams = createHTTPHandler({ router: streams, basePath: "/__/" });
  const server = createServer((request, response) =>
    request.url?.startsWith("/__/") ? handleStreams(request, response) : handleCalls(request, response),
  );
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const host: PanelHost = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reads: {},
    latency: 0,
    signal(...names) {
      for (const name of names)
        signals.push({ name, ids: { [name.split(".")[0] ?? ""]: "x" }, workspaceId: "w", at: 1 });
      wake();
    },
    async close() {
      for (const socket of sockets) socket.resetAndDestroy();
      server.close();
      await once(server, "close");
    },
  };
  return host;
}
