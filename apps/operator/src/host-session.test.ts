/** A connection whose other end says nothing more, at each stage: it must end, or its turns would wait for ever. */
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { WebSocketServer } from "ws";
import { OPERATOR_PING_MS } from "@signalbox/catalog/timing";
import { openSession } from "./host-session.ts";
import { PONG_TIMEOUT_MS } from "./limits.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** Lets what is on its way through sockets and promises arrive; the test's clock stands. */
const arrivals = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a host that answered pings and then none is given up", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await once(server, "listening");
  let pings = 0;
  server.on("connection", (client) => {
    client.on("message", (data: Buffer) => {
      if (data.toString() !== "PING") return;
      pings += 1;
      if (pings <= 2) client.send("PONG");
    });
  });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const session = openSession({ channel: { link: "websocket", url }, token: "t" });
  for (const nth of [1, 2, 3]) {
    // Only a ping moves this clock on: it runs from the answer to the one before.
    for (; pings < nth; await arrivals()) vi.advanceTimersByTime(OPERATOR_PING_MS / 100);
    expect(session.isOpen()).toBe(true);
  }
  vi.advanceTimersByTime(PONG_TIMEOUT_MS);
  expect(await session.ended).toMatchObject({ reason: "lost" });
});

test("a host that takes the connection and never answers the upgrade is given up", async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on("error", () => {})));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const session = openSession({ channel: { link: "websocket", url }, token: "t" });
  expect(await session.ended).toEqual({ reason: "lost", detail: "Opening handshake has timed out" });
});
