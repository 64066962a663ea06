import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { distinct, startReceiver, type Fault, type Receiver } from "./receiver.ts";
import { startRelayHost, type RelayHost } from "./relay-host.ts";
import { relayFolder, startRelay, type RelayFolder } from "./relay-process.ts";
import { until } from "./until.ts";

let host: RelayHost;
beforeAll(async () => {
  host = await startRelayHost();
});
afterAll(() => host.close());

async function setUp(names?: string[]): Promise<{ receiver: Receiver; folder: RelayFolder }> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const folder = await relayFolder();
  const { url, secret } = receiver;
  await folder.writeEndpoints({
    allow: ["127.0.0.1"],
    endpoints: [{ name: "one", url, secret, ...(names && { names }) }],
  });
  return { receiver, folder };
}

const createPlan = async (title: string) =>
  (await host.client.plan.create.mutate({ workspaceId: host.workspaceId, title })).id;
const plansOf = (receiver: Receiver) => distinct(receiver.received).map(({ data }) => data.ids?.["plan"]);

describe("the relay", () => {
  it("delivers each signal, signed so that the published verifier takes it, in commit order", async () => {
    const { receiver, folder } = await setUp(["plan.created"]);
    await startRelay(folder, host).following(folder, "one");
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) made.push(await createPlan(`P${index}`));
    await until(() => receiver.received.length === 5);
    expect(plansOf(receiver)).toEqual(made);
    expect(receiver.received[0]).toMatchObject({ type: "plan.created", data: { workspaceId: host.workspaceId } });
    expect(receiver.forged).toBe(0);
  });

  it("loses nothing and keeps the order when it is killed at any moment, its receiver fails and its host restarts", async () => {
    const { receiver, folder } = await setUp();
    const faults: Fault[] = ["accept", "accept", "drop-after", "accept", "refuse", "accept", "accept", "cut", "accept"];
    let asked = 0;
    receiver.fault = () => faults[(asked += 1) % faults.length] ?? "accept";
    let relay = startRelay(folder, host);
    await relay.following(folder, "one");
    const made: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      for (let index = 0; index < 6; index += 1) made.push(await createPlan(`Round ${round}, ${index}`));
      if (round === 4) {
        await host.stop();
        await host.start();
      }
      // Anywhere: before, within or after a delivery, or the writing of its position.
      const requests = receiver.requests;
      await until(() => receiver.requests > requests + (round % 3));
      await new Promise((resolve) => setImmediate(resolve));
      relay.kill("SIGKILL");
      await relay.exited;
      relay = startRelay(folder, host);
    }
    receiver.fault = () => "accept";
    await until(() => plansOf(receiver).length >= made.length);
    expect(plansOf(receiver)).toEqual(made);
    expect(receiver.forged).toBe(0);
    // A repetition is the same message under the same id, and comes before anything newer.
    const firstOf = new Map<string, { message: object; index: number }>();
    for (const [index, message] of receiver.received.entries()) {
      const known = firstOf.get(message.id);
      if (known) expect(message).toEqual(known.message);
      else firstOf.set(message.id, { message, index });
    }
    const order = receiver.received.map(({ id }) => [...firstOf.keys()].indexOf(id));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it("ends at SIGTERM with code 0, and goes on where it stood", async () => {
    const { receiver, folder } = await setUp(["plan.*"]);
    const first = startRelay(folder, host);
    await first.following(folder, "one");
    const before = await createPlan("Before");
    await until(() => receiver.received.length === 1);
    first.kill("SIGTERM");
    expect(await first.exited).toEqual({ code: 0, signal: null });
    const between = await createPlan("Between");
    await startRelay(folder, host).following(folder, "one");
    await until(() => receiver.received.length === 2);
    expect(plansOf(receiver)).toEqual([before, between]);
  });

  it("ends at SIGTERM while its receiver is down, and delivers afterwards", async () => {
    const { receiver, folder } = await setUp(["plan.created"]);
    receiver.fault = () => "refuse";
    const first = startRelay(folder, host);
    await first.following(folder, "one");
    const plan = await createPlan("Waits");
    await until(() => receiver.requests > 0);
    first.kill("SIGTERM");
    expect((await first.exited).code).toBe(0);
    receiver.fault = () => "accept";
    startRelay(folder, host);
    await until(() => receiver.received.length === 1);
    expect(plansOf(receiver)).toEqual([plan]);
  });

  it("serves each endpoint by itself: a silent one holds up nobody", async () => {
    const silent = await startReceiver();
    onTestFinished(() => silent.close());
    silent.fault = () => "silent";
    const { receiver, folder } = await setUp();
    await folder.writeEndpoints({
      allow: ["127.0.0.1"],
      endpoints: [
        { name: "silent", url: silent.url, secret: silent.secret },
        { name: "one", url: receiver.url, secret: receiver.secret, names: ["plan.created"] },
      ],
    });
    await startRelay(folder, host).following(folder, "silent", "one");
    for (let index = 0; index < 3; index += 1) await createPlan(`Beside ${index}`);
    await until(() => receiver.received.length === 3);
    expect(silent.requests).toBe(1);
  });

  it("tells its receiver of a resync, and goes on", async () => {
    const { receiver, folder } = await setUp(["plan.created"]);
    const first = startRelay(folder, host);
    await first.following(folder, "one");
    first.kill("SIGKILL");
    await first.exited;
    await createPlan("Lost to a restore");
    await host.services().store.raiseEpoch();
    await startRelay(folder, host).following(folder, "one");
    await until(() => receiver.received.length === 1);
    expect(receiver.received[0]).toMatchObject({ type: "signalbox.resync", data: { reason: "unknown-cursor" } });
    const plan = await createPlan("After");
    await until(() => receiver.received.length === 2);
    expect(receiver.received[1]?.data.ids?.["plan"]).toBe(plan);
  });

  it("sends nothing more to a receiver that is gone", async () => {
    const { receiver, folder } = await setUp(["plan.created"]);
    receiver.fault = () => "gone";
    const relay = startRelay(folder, host);
    await relay.following(folder, "one");
    await createPlan("Nobody wants it");
    expect((await relay.exited).code).toBe(0);
    expect(receiver.requests).toBe(1);
    expect(relay.log()).toContain("410");
  });

  it("refuses private addresses by line when it starts, unless their host is named", async () => {
    const { folder, receiver } = await setUp();
    for (const url of [
      receiver.url,
      receiver.url.replace("127.0.0.1", "localhost"),
      "http://[::1]:9/",
      "http://2130706433/",
    ]) {
      await folder.writeEndpoints({ endpoints: [{ name: "one", url, secret: receiver.secret }] });
      const relay = startRelay(folder, host);
      const { code } = await relay.exited;
      expect({ url, code, log: relay.log().trim().split("\n") }).toEqual({
        url,
        code: 1,
        log: [expect.stringMatching(/endpoint one is at a private address/)],
      });
    }
    expect(receiver.requests).toBe(0);
  });

  it("ends with a line that names what is wrong: its environment, its file, its key", async () => {
    const { folder } = await setUp();
    const lines: [Record<string, string>, RegExp][] = [
      [{ SIGNALBOX_HOST_URL: "ftp://example.com" }, /SIGNALBOX_HOST_URL must be an http/],
      [{ SIGNALBOX_API_KEY: "" }, /SIGNALBOX_API_KEY is missing/],
      [{ SIGNALBOX_API_KEY: "sbx_key_of-nobody" }, /SIGNALBOX_API_KEY must be a valid key/],
      [{ SIGNALBOX_RELAY_DIR: "/nowhere/at/all" }, /endpoints\.json must be readable/],
    ];
    for (const [env, line] of lines) {
      const relay = startRelay(folder, host, env);
      expect((await relay.exited).code).toBe(1);
      expect(relay.log().trim()).toMatch(line);
    }
  });
});
