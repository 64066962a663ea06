/** A receiver of webhooks on loopback: the published library's verifier, a memory, and faults that a test switches. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

export interface Received {
  id: string;
  type: string;
  data: { ids?: Record<string, string>; reason?: string };
}

/** `accept`, or what goes wrong instead; `drop-after` takes the message in and cuts the answer. */
export type Fault = "accept" | "refuse" | "cut" | "drop-after" | "silent" | "gone";

export interface Receiver {
  url: string;
  secret: string;
  /** What was taken in, with its repetitions, in the order of its arrival. */
  received: Received[];
  /** Requests whose signature did not fit. */
  forged: number;
  requests: number;
  /** Asked for each request. */
  fault: () => Fault;
  close(): Promise<void>;
}

export const SECRET = `whsec_${Buffer.from("a-secret-of-thirty-two-characters").toString("base64")}`;

export async function startReceiver(): Promise<Receiver> {
  const webhook = new Webhook(SECRET);
  const server = createServer((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    receiver.requests += 1;
    const fault = receiver.fault();
    if (fault === "cut") return void request.socket.resetAndDestroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (fault === "silent") return;
    if (fault === "refuse") return void response.writeHead(500).end("not now");
    if (fault === "gone") return void response.writeHead(410).end();
    const body = Buffer.concat(chunks).toString("utf8");
    try {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const { type, data } = webhook.verify(body, headers) as Omit<Received, "id">;
      receiver.received.push({ id: String(request.headers["webhook-id"]), type, data });
    } catch {
      receiver.forged += 1;
      return void response.writeHead(401).end();
    }
    if (fault === "drop-after") return void request.socket.resetAndDestroy();
    response.writeHead(204).end();
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    secret: SECRET,
    received: [],
    forged: 0,
    requests: 0,
    fault: () => "accept",
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return receiver;
}

/** Each message once, as a receiver that knows ids would keep them. */
export function distinct(received: readonly Received[]): Received[] {
  const seen = new Set<string>();
  return received.filter(({ id }) => !seen.has(id) && seen.add(id));
}
