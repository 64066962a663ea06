/** ST8 with both its sides: the product's host, the product's client, and a proxy between them that does not tell who left. */
import { STREAM_LEASE_MS } from "@signalbox/catalog/timing";
import { afterEach, expect, it, vi } from "vitest";
import { createSignalboxClient } from "../src/create-client.ts";
import { openEvents } from "../src/signals/events-session.ts";
import { startChaosProxy } from "./chaos-proxy.ts";
import { passUntil } from "./pass-time.ts";
import { startProductHost } from "./product-host.ts";
import { until } from "./stream-server.ts";
import { createVirtualClock } from "./virtual-clock.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
  vi.useRealTimers();
});

async function setUp() {
  // The host's clock: its sweep and its heartbeats. Sockets keep their own.
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  const { host, url, workspaceId, key, close } = await startProductHost();
  stops.push(close);
  const proxy = await startChaosProxy(url);
  stops.push(() => proxy.close());
  proxy.set({ keepFar: true });
  const clock = createVirtualClock();
  const watch = () => () => undefined;

  const open = () => {
    const session = openEvents({
      client: createSignalboxClient({ url: proxy.url, apiKey: key, clock }),
      workspaceId,
      after: null,
      onSignals: () => undefined,
      onResync: () => undefined,
      clock,
      watch,
    });
    stops.push(() => session.stop());
    return session;
  };
  /** A reader that knows nothing of leases, as curl. */
  const openPlain = async () => {
    const gone = new AbortController();
    stops.push(() => gone.abort());
    const response = await fetch(`${url}/__/events?workspaceId=${workspaceId}`, {
      headers: { authorization: `Bearer ${key}` },
      signal: gone.signal,
    });
    const plain = { isEnded: false };
    void (async () => {
      for await (const _ of response.body ?? []) continue;
    })()
      .catch(() => undefined)
      .finally(() => (plain.isEnded = true));
    return plain;
  };
  /** Both clocks go on; each heartbeat is waited for on the wire. */
  const pass = async (ms: number, reader: { traffic(): { bytes: number } }) => {
    for (let passed = 0; passed < ms; passed += 15_000) {
      const { bytes } = reader.traffic();
      vi.advanceTimersByTime(15_000);
      await until(() => reader.traffic().bytes > bytes);
      await clock.advance(15_000);
      // What it then asks for is answered before more time passes.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { host, proxy, clock, open, openPlain, pass };
}

it("[ST8] who left behind a proxy that goes on reading is let go after a lease; who reads, or has no lease, stays", async () => {
  const { host, clock, open, openPlain, pass } = await setUp();
  const [staying, leaving] = [open(), open()];
  const plain = await openPlain();
  await passUntil(clock, () => [staying, leaving].every((one) => one.state().name === "live"));
  await pass(3 * STREAM_LEASE_MS, staying);
  expect(host.admission.count("events")).toBe(3);

  leaving.stop();
  await pass(STREAM_LEASE_MS / 3, staying);
  // Nothing told the host.
  expect(host.admission.count("events")).toBe(3);
  await pass(STREAM_LEASE_MS, staying);
  await until(() => host.admission.count("events") === 2);
  await pass(STREAM_LEASE_MS, staying);
  expect(host.admission.count("events")).toBe(2);
  expect([staying.state().name, staying.traffic().attempts, plain.isEnded]).toEqual(["live", 1, false]);
});

it("[ST8] a connection that its own client gave up is not kept by the one that came after it", async () => {
  const { host, proxy, clock, open, pass } = await setUp();
  const session = open();
  await passUntil(clock, () => session.state().name === "live");
  proxy.reset();
  await passUntil(clock, () => host.admission.count("events") === 2 && session.state().name === "live");
  await pass(2 * STREAM_LEASE_MS, session);
  await until(() => host.admission.count("events") === 1);
  expect(session.state().name).toBe("live");
});
