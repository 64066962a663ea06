/** The peers as processes, each with its streams' addresses. */
import { join } from "node:path";
import { startNode } from "./child.ts";
import type { StreamTarget } from "./sseload.ts";

export interface PeerProcess {
  name: string;
  pid: number;
  events(): StreamTarget;
  /** One address per turn `0` … `count − 1`. */
  turns(count: number): StreamTarget;
  /** POST here to generate. */
  emitUrl(options: { count: number; perSecond: number; records: number; padding?: number }): string;
  turnsUrl(options: { turns: number; count: number; perSecond: number }): string;
  stop(): Promise<void>;
}

const PEERS = {
  "node:http": { entry: "raw-http.ts", isTrpc: false },
  "tRPC, on(emitter)": { entry: "stock-trpc.ts", isTrpc: true },
  "better-sse": { entry: "better-sse.ts", isTrpc: false },
};
export type PeerName = keyof typeof PEERS;
export const RAW: PeerName = "node:http";
export const STOCK_TRPC: PeerName = "tRPC, on(emitter)";
export const BETTER_SSE: PeerName = "better-sse";

export async function startPeer(name: PeerName): Promise<PeerProcess> {
  const { entry, isTrpc } = PEERS[name];
  const child = await startNode({ name, entry: join(import.meta.dirname, "peers", entry), ready: /^Listening: \d+$/ });
  const url = `http://127.0.0.1:${child.readyLine.split(" ")[1]}`;
  const trpc = (procedure: string, input: object) =>
    `${url}/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`;
  const query = (path: string, values: Record<string, number>) =>
    `${url}${path}?${Object.entries(values)
      .map(([key, value]) => `${key}=${value}`)
      .join("&")}`;
  return {
    name,
    pid: child.pid,
    events: () => ({ urls: [isTrpc ? trpc("events", {}) : `${url}/events`] }),
    turns: (count) => ({
      urls: Array.from({ length: count }, (_, turn) =>
        isTrpc ? trpc("turn", { turn: String(turn) }) : `${url}/turn?turn=${turn}`,
      ),
    }),
    emitUrl: (options) => query("/emit", options),
    turnsUrl: (options) => query("/turns", options),
    stop: () => child.stop(),
  };
}

/** Runs with a peer of its own: no measure inherits the heap of the one before. */
export async function withPeer<T>(name: PeerName, run: (peer: PeerProcess) => Promise<T>): Promise<T> {
  const peer = await startPeer(name);
  try {
    return await run(peer);
  } finally {
    await peer.stop();
  }
}
