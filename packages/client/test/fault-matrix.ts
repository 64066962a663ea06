import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTRPCClient, httpSubscriptionLink, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import superjson from "superjson";
import type { Clock } from "../src/clock.ts";
import { createPollClient } from "../src/polling/poll-client.ts";
import { openEvents } from "../src/signals/events-session.ts";
import { startChaosProxy } from "./chaos-proxy.ts";
import { FAULTS } from "./faults.ts";
import { startLogServer, type LogServer } from "./log-server.ts";

/**
 * Writes `docs/fault-matrix.json`: the same faults against the stock tRPC client and ours, over the same host and proxy.
 * The stock client is `httpSubscriptionLink` on a WHATWG EventSource (Node's own, `--experimental-eventsource`: as in a
 * browser any status but 200 ends it for good), with pings and `reconnectAfterInactivityMs` as tRPC's documentation shows.
 * Ours runs on a clock that is faster, since its silence is 40 s; nothing here measures time.
 */
interface Row {
  fault: string;
  stock: Outcome;
  ours: Outcome;
}
interface Outcome {
  delivered: number;
  expected: number;
  /** A signal that was emitted after the fault had ended arrived. */
  recovered: boolean;
}
type Listen = (host: LogServer, url: string, heard: (id: string) => void) => () => void;

const BEFORE = 5;
const DURING = 5;
const AFTER = 5;
const FAULT_MS = 1_500;
/** Four of the browser's own reconnects. */
const GIVE_UP_MS = 12_000;
const CLOCK_FACTOR = 25;

const stock: Listen = (_, url, heard) => {
  const client = untyped(
    createTRPCClient<AnyTRPCRouter>({
      links: [httpSubscriptionLink({ url: `${url}/__`, transformer: superjson, EventSource: globalThis.EventSource })],
    }),
  );
  const subscription = client.events.subscribe(
    { workspaceId: "w" },
    { onData: (frame) => namesIn(frame).forEach(heard), onError: () => undefined },
  );
  return () => subscription.unsubscribe();
};

const ours: Listen = (host, url, heard) => {
  const session = openEvents({
    client: host.client({ url, clock: fastClock, random: Math.random }),
    poll: createPollClient({ url, fetch, headers: () => ({}) }),
    workspaceId: "w",
    after: "1.0",
    onSignals: ({ signals }) => signals.forEach(({ ids }) => heard(ids["plan"] ?? "")),
    onResync: () => undefined,
    clock: fastClock,
  });
  return () => session.stop();
};

const fastClock: Clock = {
  now: () => Date.now() * CLOCK_FACTOR,
  after(ms, run) {
    const timer = setTimeout(run, ms / CLOCK_FACTOR);
    return () => clearTimeout(timer);
  },
};

async function meet(fault: string, listen: Listen): Promise<Outcome> {
  const host = await startLogServer({ heartbeat: { pingMs: 300, reconnectAfterInactivityMs: 1_000 } });
  const proxy = await startChaosProxy(host.server.url, 7);
  const heard = new Set<string>();
  const stop = listen(host, proxy.url, (id) => heard.add(id));
  let emitted = 0;
  const emit = async (count: number, overMs: number) => {
    for (let index = 0; index < count; index += 1) {
      emitted += 1;
      host.signals.push({ name: "plan.updated", ids: { plan: `${emitted}`, board: "b" }, workspaceId: "w", at: 1 });
      host.wake();
      await sleep(overMs / count);
    }
  };
  // Neither is asked for what came before its first frame.
  await waitUntil(() => host.openStreams > 0, GIVE_UP_MS);
  await sleep(200);
  await emit(BEFORE, 500);
  await waitUntil(() => heard.size === BEFORE, GIVE_UP_MS);
  FAULTS[fault]?.(proxy);
  await emit(DURING, FAULT_MS);
  proxy.heal();
  await emit(AFTER, 500);
  await waitUntil(() => heard.size === emitted, GIVE_UP_MS);
  stop();
  await proxy.close();
  await host.close();
  return { delivered: heard.size, expected: emitted, recovered: heard.has(`${emitted}`) };
}

function namesIn(frame: unknown): string[] {
  const data = typeof frame === "object" && frame !== null && "data" in frame ? frame.data : null;
  const signals = typeof data === "object" && data !== null && "signals" in data ? data.signals : null;
  return Array.isArray(signals)
    ? signals.map((signal: { ids: Record<string, string> }) => signal.ids["plan"] ?? "")
    : [];
}

/** Guarantee: the small host has a root subscription `events`. */
function untyped(client: TRPCClient<AnyTRPCRouter>) {
  return client as unknown as {
    events: {
      subscribe(
        input: { workspaceId: string },
        handlers: { onData(frame: unknown): void; onError(): void },
      ): { unsubscribe(): void };
    };
  };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function waitUntil(condition: () => boolean, withinMs: number): Promise<void> {
  for (let waited = 0; !condition() && waited < withinMs; waited += 20) await sleep(20);
}

if (typeof EventSource === "undefined") throw new Error("Run this with --experimental-eventsource.");
// What a fault breaks in the stock client may surface as an unhandled rejection; the table says what came of it.
process.on("unhandledRejection", () => undefined);

const rows: Row[] = [];
for (const fault of Object.keys(FAULTS)) {
  const [fromStock, fromOurs] = await Promise.all([meet(fault, stock), meet(fault, ours)]);
  rows.push({ fault, stock: fromStock, ours: fromOurs });
  process.stdout.write(`${fault}: stock ${said(fromStock)}, ours ${said(fromOurs)}\n`);
}
const file = join(import.meta.dirname, "../../../docs/fault-matrix.json");
await writeFile(file, `${JSON.stringify({ node: process.version, rows }, null, 2)}\n`);

function said({ delivered, expected, recovered }: Outcome): string {
  return `${delivered}/${expected}${recovered ? "" : ", dead"}`;
}
