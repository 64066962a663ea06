import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { expect, it, onTestFinished } from "vitest";
import { SECRET, startReceiver } from "../test/receiver.ts";
import { retryPause } from "./deliver.ts";
import { attempt, signalMessage } from "./webhook.ts";

const message = signalMessage("msg_1", {
  name: "notification.arrived",
  ids: { notification: "n1" },
  workspaceId: "w",
  personId: "p",
  at: 1_700_000_000_000,
});

it("says what changed, and no field of a record", () => {
  expect(JSON.parse(message.body)).toEqual({
    type: "notification.arrived",
    timestamp: "2023-11-14T22:13:20.000Z",
    data: { ids: { notification: "n1" }, workspaceId: "w", personId: "p" },
  });
});

it("does not connect to a private address, though its name passed before: names change", async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  for (const host of ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"]) {
    const url = receiver.url.replace("127.0.0.1", host);
    expect(await attempt({ url, secret: SECRET, isAllowed: false }, message)).toMatchObject({
      kind: "failed",
      why: expect.stringMatching(/not allowed/) as string,
    });
  }
  expect(receiver.requests).toBe(0);
  expect(await attempt({ url: receiver.url, secret: SECRET, isAllowed: true }, message)).toEqual({ kind: "accepted" });
});

it("does not follow a redirect, and honours the pause that is asked for", async () => {
  const receiver = await startReceiver();
  const server = createServer((_, response) => {
    response.writeHead(302, { location: receiver.url, "retry-after": "7" }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    await receiver.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await attempt({ url, secret: SECRET, isAllowed: true }, message)).toEqual({
    kind: "failed",
    why: "answered with 302",
    retryAfterMs: 7_000,
  });
  expect(receiver.requests).toBe(0);
});

it("signs so that another secret or another body does not verify", async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const other = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
  expect((await attempt({ url: receiver.url, secret: other, isAllowed: true }, message)).kind).toBe("failed");
  expect(receiver.forged).toBe(1);
  const now = new Date();
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
    "webhook-signature": new Webhook(SECRET).sign("msg_1", now, message.body),
  };
  expect(() => new Webhook(SECRET).verify(`${message.body} `, headers)).toThrow(/signature/);
});

it("pauses longer each time, never at once, never beyond the cap", () => {
  expect([0, 1, 2].map((failures) => retryPause(failures, () => 0))).toEqual([500, 1_000, 2_000]);
  expect([0, 1, 2].map((failures) => retryPause(failures, () => 1))).toEqual([1_000, 2_000, 4_000]);
  expect(retryPause(1_000, () => 1)).toBe(60_000);
});
