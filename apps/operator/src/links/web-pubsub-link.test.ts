/** The link by itself, against the hub; what it is told by the host is said here. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startHub } from "@signalbox/web-pubsub-hub/hub";
import { createWebPubSubService } from "@signalbox/server/web-pubsub/service";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { HOST_SILENT_MS } from "../limits.ts";
import { webPubSubLink } from "./web-pubsub-link.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** A link that is open, and what it told of its end. */
async function openLink() {
  const handler = createServer((req, res) => {
    if (req.url === "/negotiate") void service.clientAccessUrl("o").then((url) => res.end(JSON.stringify({ url })));
    else res.writeHead(200, { "WebHook-Allowed-Origin": "*" }).end("{}");
  });
  handler.listen(0, "127.0.0.1");
  await once(handler, "listening");
  const url = `http://127.0.0.1:${(handler.address() as AddressInfo).port}`;
  const hub = await startHub({ handlerUrl: `${url}/events` });
  const service = createWebPubSubService({ endpoint: hub.endpoint, keys: [hub.keys[0] ?? ""], hub: "signalbox" });
  onTestFinished(async () => {
    await hub.close();
    handler.close();
    handler.closeAllConnections();
  });
  const lost: string[] = [];
  const Link = webPubSubLink({
    token: "t",
    onSocket: () => {},
    onRefused: () => {},
    onLost: (detail) => lost.push(detail),
    onClose: (code) => lost.push(`closed with ${code}`),
  });
  const socket = new Link(`${url}/negotiate`);
  const heard: unknown[] = [];
  socket.addEventListener("message", ({ data }) => heard.push(data));
  await once(socket, "open");
  return { hub, service, socket, heard, lost };
}

test("[OP22] a host that pinged and then is silent is given up, though the service goes on", async () => {
  const { hub, service, socket, heard, lost } = await openLink();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const [id = ""] = hub.connections();
  const ping = async (n: number) => {
    await service.send(id, "PING");
    await service.send(id, { n });
    // Only a message moves the clock of this test: `waitFor` would, too.
    while (!heard.includes(JSON.stringify({ n }))) await new Promise((resolve) => setImmediate(resolve));
  };
  await ping(1);
  vi.advanceTimersByTime(HOST_SILENT_MS - 1);
  await ping(2);
  vi.advanceTimersByTime(HOST_SILENT_MS - 1);
  expect([lost, socket.readyState]).toEqual([[], 1]);
  vi.advanceTimersByTime(1);
  expect([lost, socket.readyState]).toEqual([["the host that holds the commands is silent", "closed with 1000"], 3]);
});

test("[OP23] more answers than the service lets lie unacknowledged do not cost the connection", async () => {
  const { socket, heard, lost } = await openLink();
  const messages = Array.from({ length: 1_300 }, (_, id) => ({ id }));
  for (const message of messages) socket.send(JSON.stringify(message));
  await vi.waitFor(() => expect([lost, heard.length]).toEqual([[], messages.length]), { timeout: 30_000 });
  socket.close();
}, 40_000);
