import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { webSocketLink } from "./websocket-link.ts";

test("[OP8] calls of one moment go as a message each: the host's bound is one for a message", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await once(server, "listening");
  const heard: string[] = [];
  server.on("connection", (client) => client.on("message", (data: Buffer) => heard.push(data.toString())));
  const Link = webSocketLink({
    token: "t",
    onSocket: () => {},
    onRefused: () => {},
    onLost: () => {},
    onClose: () => {},
  });
  const socket = new Link(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(socket, "open");
  socket.send(JSON.stringify([{ id: 1, text: "[a, b]" }, { id: 2 }]));
  socket.send("PING");
  socket.send(JSON.stringify({ id: 3 }));
  socket.close();
  await once(socket, "close");
  expect(heard).toEqual(['{"id":1,"text":"[a, b]"}', '{"id":2}', "PING", '{"id":3}']);
});
