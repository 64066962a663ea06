import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A real HTTP server on loopback whose answers a test scripts. */
export interface ScriptedServer {
  url: string;
  requests: IncomingMessage[];
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** Cuts every open socket, as a cable would. */
  cut(): void;
  close(): Promise<void>;
}

export async function listen(answer: ScriptedServer["answer"]): Promise<ScriptedServer> {
  const server = createServer((request, response) => {
    scripted.requests.push(request);
    scripted.answer(request, response);
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const scripted: ScriptedServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    answer,
    cut,
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
  return scripted;
}

export function startStream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache, no-transform" });
  response.flushHeaders();
}

/** Waits until the condition holds; the test's own timeout is the bound. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
