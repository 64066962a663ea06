/** A session over the second link that ends while something is being sent: the daemon must outlive it. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createWebPubSubService, type WebPubSubService } from "@signalbox/server/web-pubsub/service";
import { startHub, type Hub } from "@signalbox/web-pubsub-hub/hub";
import { afterAll, beforeAll, expect, it } from "vitest";
import { webPubSubLink } from "../src/links/web-pubsub-link.ts";

let server: Server;
let hub: Hub;
let service: WebPubSubService;
let url: string;
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeAll(async () => {
  process.on("unhandledRejection", note);
  server = createServer((request, response) => {
    request.resume();
    if (request.method === "OPTIONS") return void response.writeHead(200, { "WebHook-Allowed-Origin": "*" }).end();
    if (request.url !== "/negotiate") return void response.writeHead(200).end("{}");
    void service.clientAccessUrl("operator").then((way) => response.end(JSON.stringify({ url: way })));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  hub = await startHub({ handlerUrl: `${url}/events` });
  service = createWebPubSubService({ endpoint: hub.endpoint, keys: [hub.keys[0] ?? ""], hub: "signalbox" });
});
afterAll(async () => {
  process.off("unhandledRejection", note);
  await hub.close();
  server.close();
  server.closeAllConnections();
});

async function open(): Promise<WebSocket> {
  const Socket = webPubSubLink({ token: "token", onSocket() {}, onRefused() {}, onLost() {}, onClose() {} });
  const socket = new Socket(`${url}/negotiate`);
  await once(socket, "open");
  return socket;
}

it("closes in the middle of a send without a rejection that nobody handles", async () => {
  const closing = await open();
  closing.send(JSON.stringify({ id: 1 }));
  closing.close();
  // By the time that another one has come up and gone, the first one's end has been seen.
  const next = await open();
  next.close();
  await expect.poll(() => hub.connections()).toEqual([]);
  expect(unhandled).toEqual([]);
});
