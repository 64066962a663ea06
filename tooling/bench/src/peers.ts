/** The peers as processes, each with its streams' addresses. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNode } from "./child.ts";
import { freePort } from "./free-port.ts";
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
  "nginx + nchan": { entry: "nchan.ts", isTrpc: false },
};
export type PeerName = keyof typeof PEERS;
export const RAW: PeerName = "node:http";
export const STOCK_TRPC: PeerName = "tRPC, on(emitter)";
export const BETTER_SSE: PeerName = "better-sse";
export const NCHAN: PeerName = "nginx + nchan";

/** Where Debian and nginx's own packages put the module. */
const NCHAN_MODULES = ["/usr/lib/nginx/modules/ngx_nchan_module.so", "/etc/nginx/modules/ngx_nchan_module.so"];

/** nginx with nchan is measured where it is installed, and named in the notes where it is not. */
export function installedNchan(): { peers: PeerName[]; notes: string[] } {
  return nchanModule() === undefined
    ? { peers: [], notes: [`${NCHAN} was not measured: its module is not on this machine.`] }
    : { peers: [NCHAN], notes: [] };
}

function nchanModule(): string | undefined {
  return NCHAN_MODULES.find((path) => existsSync(path));
}

export async function startPeer(name: PeerName): Promise<PeerProcess> {
  const { entry, isTrpc } = PEERS[name];
  const folder = name === NCHAN ? mkdtempSync(join(tmpdir(), "signalbox-bench-nginx-")) : null;
  const child = await startNode({
    name,
    entry: join(import.meta.dirname, "peers", entry),
    ...(folder ? { args: [nchanModule() ?? "", String(await freePort()), folder] } : {}),
    ready: /^Listening: [\d ]+$/,
  });
  // Where another program serves the streams, its port and its process follow those of the peer's generator.
  const [port = 0, streamPort = port, pid = child.pid] = child.readyLine.split(" ").slice(1).map(Number);
  const url = `http://127.0.0.1:${port}`;
  const streamUrl = `http://127.0.0.1:${streamPort}`;
  const trpc = (procedure: string, input: object) =>
    `${url}/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`;
  const query = (path: string, values: Record<string, number>) =>
    `${url}${path}?${Object.entries(values)
      .map(([key, value]) => `${key}=${value}`)
      .join("&")}`;
  return {
    name,
    pid,
    events: () => ({ urls: [isTrpc ? trpc("events", {}) : `${streamUrl}/events`] }),
    turns: (count) => ({
      urls: Array.from({ length: count }, (_, turn) =>
        isTrpc ? trpc("turn", { turn: String(turn) }) : `${url}/turn?turn=${turn}`,
      ),
    }),
    emitUrl: (options) => query("/emit", options),
    turnsUrl: (options) => query("/turns", options),
    async stop() {
      await child.stop();
      if (folder) rmSync(folder, { recursive: true, force: true });
    },
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
