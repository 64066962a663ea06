/** A host behind real HTTP on loopback: its streams, the operators' channel, and tRPC's calls as the web app serves them. */
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { once } from "node:events";
import { createServer, request, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import superjson from "superjson";
import { callContext, callMeta } from "../src/api/call-http.ts";
import {
  createOperatorChannel,
  type OperatorChannel,
  type OperatorChannelOptions,
} from "../src/api/operator-channel.ts";
import { callRouter } from "../src/api/root.ts";
import { handleStream } from "../src/api/stream-endpoint.ts";
import { MAX_BATCH } from "../src/api/trpc.ts";
import { eventually } from "./eventually.ts";
import type { OpenedStore } from "./stores.ts";
import { createTestHost, type TestHost } from "./test-host.ts";

export interface HttpHost {
  url: string;
  channel: OperatorChannel;
  /** A stream's address with its input. */
  streamUrl(name: string, input: object): string;
  /** Of each connection that does not take what it is sent: the bytes that this process holds for it. */
  unsent(): number[];
  /** Connections that this process has not let go. */
  openSockets(): number;
  close(): Promise<void>;
}

/** A host on an opened store, served, for a file of tests; its close closes all three. */
export async function openServed(
  open: () => Promise<OpenedStore>,
): Promise<{ test: TestHost; http: HttpHost; close: () => Promise<void> }> {
  const opened = await open();
  const test = await createTestHost(opened.store);
  const http = await serveHost(test);
  const close = async () => {
    await http.close();
    await test.close();
    await opened.close();
  };
  return { test, http, close };
}

export async function serveHost({ host }: TestHost, options: OperatorChannelOptions = {}): Promise<HttpHost> {
  const server: Server = createServer((req, res) => {
    const path = (req.url ?? "/").split("?")[0] ?? "";
    if (path.startsWith("/api/trpc/"))
      void answerCall(req).then(async (response) => {
        res.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
      });
    else if (path.startsWith("/__/operator/")) void channel.request(req, res);
    else void handleStream(host, req, res);
  });
  const channel = createOperatorChannel(host, options);
  server.on("upgrade", (req, socket, head) => void channel.upgrade(req, socket, head));
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answerCall(req: IncomingMessage): Promise<Response> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const headers = new Headers();
    for (const [name, value] of Object.entries(req.headers)) if (typeof value === "string") headers.set(name, value);
    const body = req.method === "POST" ? { body: Buffer.concat(chunks) } : {};
    return fetchRequestHandler({
      endpoint: "/api/trpc",
      req: new Request(`${url}${req.url ?? ""}`, { method: req.method ?? "GET", headers, ...body }),
      router: callRouter,
      maxBatchSize: MAX_BATCH,
      createContext: () => callContext(host, headers),
      responseMeta: callMeta,
    });
  }

  return {
    url,
    channel,
    streamUrl: (name, input) =>
      `${url}/__/${name}?input=${encodeURIComponent(JSON.stringify(superjson.serialize(input)))}`,
    unsent: () => [...sockets].map((socket) => socket.writableLength).filter((length) => length > 0),
    openSockets: () => sockets.size,
    async close() {
      await channel.close();
      server.close();
      for (const socket of sockets) socket.destroy();
      await eventually(() => sockets.size === 0);
    },
  };
}

export interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: string;
}

/** One request, and its whole answer. */
export function ask(
  url: string,
  { method = "GET", headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request(url, { method, headers, agent: false }, (res) => {
      let text = "";
      res.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      res.on("end", () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text }));
      res.on("error", reject);
    });
    req.on("error", reject);
    req.end(body);
  });
}

export interface SseEvent {
  event: string;
  data: string;
  id: string | null;
}

export interface RawStream {
  status: number;
  headers: IncomingMessage["headers"];
  /** All that came, as it came. */
  text(): string;
  events(): SseEvent[];
  /** Frames with their ids: the events without a name. */
  frames(): { id: string | null; frame: { type: string } & Record<string, unknown> }[];
  /** Resolves when the other side has ended it. */
  ended: Promise<void>;
  isEnded(): boolean;
  destroy(): void;
}

/** Opens a stream and reads it as it comes; a refusal is an answer with its status. */
export function openRaw(url: string, headers: Record<string, string> = {}): Promise<RawStream> {
  return new Promise((resolve, reject) => {
    const req = request(url, { headers: { accept: "text/event-stream", ...headers }, agent: false }, (res) => {
      let text = "";
      let isEnded = false;
      res.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      res.on("error", () => {});
      const ended = new Promise<void>((resolve) => {
        res.once("close", () => {
          isEnded = true;
          resolve();
        });
      });
      const events = () => parseEvents(text);
      resolve({
        status: res.statusCode ?? 0,
        headers: res.headers,
        text: () => text,
        events,
        frames: () =>
          events()
            .filter((one) => one.event === "message")
            .map(({ id, data }) => ({ id, frame: superjson.parse(data) })),
        ended,
        isEnded: () => isEnded,
        destroy: () => req.destroy(),
      });
    });
    req.on("error", reject);
    req.end();
  });
}

/** The events of a text (WHATWG HTML, 9.2.6), those that are whole. */
export function parseEvents(text: string): SseEvent[] {
  const events: SseEvent[] = [];
  for (const block of text.split("\n\n").slice(0, -1)) {
    const one: SseEvent & { hasData: boolean } = { event: "message", data: "", id: null, hasData: false };
    for (const line of block.split("\n")) {
      const [, field = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (field === "event") one.event = value;
      if (field === "data") Object.assign(one, { data: value, hasData: true });
      if (field === "id") one.id = value;
    }
    if (one.hasData) events.push({ event: one.event, data: one.data, id: one.id });
  }
  return events;
}

/** Signs a person in by a one-time link, and answers with the cookie. */
export async function signIn({ host }: TestHost, personId: string): Promise<string> {
  const link = new URL(await host.links.create(personId));
  const response = await post(host, "/sign-in/link", { token: link.searchParams.get("token") });
  return cookieOf(response);
}

/** One of better-auth's endpoints, as a page of ours calls it. */
export function post(
  host: TestHost["host"],
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<Response> {
  return host.auth.handler(
    new Request(`${host.config.url}/api/auth${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: host.config.url, ...headers },
      body: JSON.stringify(body),
    }),
  );
}

export function cookieOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
}
