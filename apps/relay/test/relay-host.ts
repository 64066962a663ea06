/** A real host in this process: the product's services, streams and procedures on a store on disk, which can be restarted. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callRouter } from "@signalbox/server/api/root";
import { handleStream } from "@signalbox/server/api/stream-endpoint";
import { readConfig } from "@signalbox/server/config";
import { createHost, type Host } from "@signalbox/server/host";
import { createLogger } from "@signalbox/server/logger";
import { openEmbeddedStore } from "@signalbox/server/store/open-store";
import { createServiceClient, type ServiceClient } from "@signalbox/client";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";

export interface RelayHost {
  url: string;
  workspaceId: string;
  key: string;
  client: ServiceClient;
  /** The services of the process that runs now. */
  services(): Host;
  /** Every socket is reset and the store is closed; nothing listens until `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function startRelayHost(): Promise<RelayHost> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-relay-host-"));
  let running: { host: Host; server: Server; sockets: Set<Socket> } | null = null;
  let port = 0;

  async function start(): Promise<void> {
    const config = { ...readConfig(folder, { SIGNALBOX_DATA_DIR: folder }), port, drainSeconds: 0 };
    const host = await createHost({ config, store: await openEmbeddedStore(folder), logger: createLogger("silent") });
    const sockets = new Set<Socket>();
    const server = createServer((req, res) => {
      if (!req.url?.startsWith("/api/trpc/")) return void handleStream(host, req, res);
      void answerCall(host, req).then(async (response) => {
        res.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
      });
    });
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
    running = { host, server, sockets };
  }

  async function stop(): Promise<void> {
    if (!running) return;
    const { host, server, sockets } = running;
    running = null;
    for (const socket of sockets) socket.resetAndDestroy();
    await new Promise((resolve) => server.close(resolve));
    await host.close();
  }

  const services = (): Host => {
    if (!running) throw new Error("The host is down.");
    return running.host;
  };
  await start();
  const url = `http://127.0.0.1:${port}`;
  const { id: workspaceId } = await services().workspaces.create("Relayed");
  const { key } = await services().workspaces.createKey({ workspaceId, name: "relay", role: "member" });
  return {
    url,
    workspaceId,
    key,
    client: createServiceClient({ url, apiKey: key }),
    services,
    start,
    stop,
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function answerCall(host: Host, req: IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) if (typeof value === "string") headers.set(name, value);
  return fetchRequestHandler({
    endpoint: "/api/trpc",
    req: new Request(`${host.config.url}${req.url ?? ""}`, {
      method: req.method ?? "GET",
      headers,
      ...(req.method === "POST" && { body: Buffer.concat(chunks) }),
    }),
    router: callRouter,
    createContext: async () => ({ host, principal: await host.access.authenticate(headers) }),
  });
}
