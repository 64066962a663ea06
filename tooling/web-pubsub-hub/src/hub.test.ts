/** The official client, unchanged, against the hub; a small event handler plays the host. */
import { WebPubSubClient, WebPubSubJsonReliableProtocol } from "@azure/web-pubsub-client";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { SignJWT } from "jose";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { SUBPROTOCOL } from "./client-message.ts";
import { startHub, type Hub } from "./hub.ts";

interface Told {
  type: string;
  headers: IncomingHttpHeaders;
  text: string;
}

let hub: Hub;
let handler: Server;
let told: Told[];
let allowedOrigin: string;
let connectStatus: number;

beforeEach(async () => {
  told = [];
  allowedOrigin = "*";
  connectStatus = 200;
  handler = createServer((req, res) => {
    void (async () => {
      let text = "";
      for await (const chunk of req.setEncoding("utf8")) text += String(chunk);
      if (req.method === "OPTIONS") return void res.writeHead(200, { "WebHook-Allowed-Origin": allowedOrigin }).end();
      const type = String(req.headers["ce-type"]);
      told.push({ type, headers: req.headers, text });
      if (type.endsWith("sys.connect"))
        return void res.writeHead(connectStatus, { "ce-connectionState": "kept" }).end("{}");
      if (type.includes(".sys.")) return void res.writeHead(204).end();
      if (text === '"fail"') return void res.writeHead(500).end();
      res
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ echo: JSON.parse(text) as unknown }));
    })();
  });
  handler.listen(0, "127.0.0.1");
  await once(handler, "listening");
  hub = await startHub({
    handlerUrl: `http://127.0.0.1:${(handler.address() as AddressInfo).port}/`,
    retentionMs: 20_000,
  });
});
afterEach(async () => {
  await hub.close();
  handler.close();
  handler.closeAllConnections();
});

function token(audience: string, key = hub.keys[0]): Promise<string> {
  return new SignJWT({ sub: "user" })
    .setProtectedHeader({ alg: "HS256" })
    .setAudience(audience)
    .setExpirationTime("60s")
    .sign(new TextEncoder().encode(key));
}

async function wayIn(key?: string): Promise<string> {
  const audience = `${hub.endpoint}/client/hubs/signalbox`;
  return `${audience.replace("http", "ws")}?access_token=${await token(audience, key)}`;
}

async function start() {
  const client = new WebPubSubClient(
    { getClientAccessUrl: () => wayIn() },
    { protocol: WebPubSubJsonReliableProtocol(), autoReconnect: false },
  );
  const heard: unknown[] = [];
  const connected: string[] = [];
  const ended: (string | undefined)[] = [];
  client.on("connected", ({ connectionId }) => connected.push(connectionId));
  client.on("server-message", ({ message }) => heard.push(message.data));
  client.on("disconnected", ({ message }) => ended.push(message?.message));
  await client.start();
  await vi.waitFor(() => expect(connected).toHaveLength(1));
  return { client, heard, connected, ended, id: connected[0] ?? "" };
}

async function rest(method: string, path: string, body?: object): Promise<number> {
  const url = `${hub.endpoint}/api/hubs/signalbox/connections/${path}`;
  const headers = {
    authorization: `Bearer ${await token(url.split("?")[0] ?? "")}`,
    "content-type": "application/json",
  };
  return (await fetch(url, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })).status;
}

it("connects, takes events, answers them, and carries the host's state from one to the next", async () => {
  const { client, heard } = await start();
  await client.sendEvent("message", { n: 1 }, "json");
  await vi.waitFor(() => expect(heard).toEqual([{ echo: { n: 1 } }]));
  const event = told.find(({ type }) => type === "azure.webpubsub.user.message");
  expect(event?.headers).toMatchObject({ "ce-userid": "user", "ce-connectionstate": "kept", "ce-hub": "signalbox" });
  expect(event?.headers["ce-signature"]).toMatch(/^sha256=[0-9a-f]{64},sha256=[0-9a-f]{64}$/);
  client.stop();
  await vi.waitFor(() => expect(told.at(-1)?.type).toBe("azure.webpubsub.sys.disconnected"));
  expect(hub.connections()).toEqual([]);
});

it("recovers a connection that was cut: every message arrives once, in order, and the host hears nothing of it", async () => {
  const { heard, connected, id, client } = await start();
  for (let n = 0; n < 300; n += 1) {
    if (n % 120 === 60) hub.cutAll();
    expect(await rest("POST", `${id}/:send`, { n })).toBe(202);
  }
  await vi.waitFor(() => expect(heard).toHaveLength(300), 10_000);
  expect(heard).toEqual(Array.from({ length: 300 }, (_, n) => ({ n })));
  expect(connected).toHaveLength(1);
  expect(told.map(({ type }) => type)).not.toContain("azure.webpubsub.sys.disconnected");
  client.stop();
});

it("tells an event that comes again with the same id from a new one", async () => {
  const { client } = await start();
  expect(await client.sendEvent("message", { n: 1 }, "json", { ackId: 7 })).toMatchObject({ isDuplicated: false });
  expect(await client.sendEvent("message", { n: 1 }, "json", { ackId: 7 })).toMatchObject({ isDuplicated: true });
  expect(told.filter(({ type }) => type.includes(".user."))).toHaveLength(1);
  client.stop();
});

it("ends a connection that leaves more than 1,000 messages unacknowledged, as the service does", async () => {
  const socket = new WebSocket(await wayIn(), SUBPROTOCOL);
  let heard = 0;
  socket.on("message", (data: Buffer) => {
    if (data.toString().includes('"type":"message"')) heard += 1;
  });
  await once(socket, "open");
  const say = (): void =>
    socket.send(JSON.stringify({ type: "event", event: "message", dataType: "json", data: { n: 1 } }));
  for (let n = 0; n < 1_000; n += 1) say();
  await vi.waitFor(() => expect(heard).toBe(1_000), 20_000);
  expect(hub.connections()).toHaveLength(1);
  const closed = once(socket, "close");
  say();
  expect((await closed)[0]).toBe(1008);
  expect(hub.connections()).toEqual([]);
}, 30_000);

it("ends a connection at the host's word, with its reason, and forgets it", async () => {
  const { ended, id } = await start();
  expect(await rest("DELETE", `${id}?reason=4401%20revoked`)).toBe(204);
  await vi.waitFor(() => expect(ended).toEqual(["4401 revoked"]));
  expect(await rest("POST", `${id}/:send`, {})).toBe(404);
});

it("refuses a client without a good token, one that the host refuses, and a host without a good token", async () => {
  const status = async (url: string) => {
    const socket = new WebSocket(url, "json.reliable.webpubsub.azure.v1");
    socket.on("error", () => {});
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode: number }];
    return response.statusCode;
  };
  expect(await status(await wayIn("another key"))).toBe(401);
  connectStatus = 401;
  expect(await status(await wayIn())).toBe(401);
  const refused = await fetch(`${hub.endpoint}/api/hubs/signalbox/connections/x`, { method: "DELETE" });
  expect(refused.status).toBe(401);
});

it("sends nothing to a handler that has not allowed it", async () => {
  allowedOrigin = "somebody.else";
  const socket = new WebSocket(await wayIn(), "json.reliable.webpubsub.azure.v1");
  socket.on("error", () => {});
  await once(socket, "unexpected-response");
  expect(told).toEqual([]);
});
