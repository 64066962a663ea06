import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTRPCClient, httpSubscriptionLink, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { HEARTBEAT_MS, SILENCE_BEFORE_RECONNECT_MS } from "@signalbox/catalog/timing";
import superjson from "superjson";
import { createPollClient } from "../src/polling/poll-client.ts";
import { openEvents } from "../src/signals/events-session.ts";
import { startChaosProxy } from "./chaos-proxy.ts";
import { faultTable, tableIn, type FaultMatrix, type FaultOutcome, type FaultRow } from "./fault-table.ts";
import { FAULTS } from "./faults.ts";
import { startLogServer, type LogServer, type LogServerOptions } from "./log-server.ts";

/**
 * Writes `docs/fault-matrix.json` and its table in `docs/guarantees.md`: the same faults against the stock tRPC client and
 * ours, over the same host and proxy, in real time. The stock client is `httpSubscriptionLink` on a WHATWG EventSource
 * (Node's own, `--experimental-eventsource`: as in a browser any status but 200 ends it for good), with the pings that
 * tRPC's documentation shows; ours has the product's heartbeat. Takes about four minutes.
 */
interface Run {
  heard: number;
  emitted: number;
  recoveredMs: number | null;
}
interface Contender {
  heartbeat: LogServerOptions["heartbeat"];
  listen(host: LogServer, url: string, heard: (id: string) => void): () => void;
}

const RUNS = 3;
const BEFORE = 5;
const DURING = 5;
const AFTER = 5;
/** Longer than an EventSource waits before it tries again (3 s): else it would not meet the fault. */
const FAULT_MS = 10_000;
/** Longer than our silence and the longest pause after it. */
const WAIT_MS = 60_000;
const LOOK_MS = 10;

const stock: Contender = {
  heartbeat: { pingMs: 2_000, reconnectAfterInactivityMs: 5_000 },
  listen(_, url, heard) {
    const client = untyped(
      createTRPCClient<AnyTRPCRouter>({
        links: [
          httpSubscriptionLink({ url: `${url}/__`, transformer: superjson, EventSource: globalThis.EventSource }),
        ],
      }),
    );
    const subscription = client.events.subscribe(
      { workspaceId: "w" },
      { onData: (frame) => namesIn(frame).forEach(heard), onError: () => undefined },
    );
    return () => subscription.unsubscribe();
  },
};

const ours: Contender = {
  heartbeat: { pingMs: HEARTBEAT_MS, reconnectAfterInactivityMs: SILENCE_BEFORE_RECONNECT_MS },
  listen(host, url, heard) {
    const session = openEvents({
      client: host.client({ url, random: Math.random }),
      poll: createPollClient({ url, fetch, headers: () => ({}) }),
      workspaceId: "w",
      after: "1.0",
      onSignals: ({ signals }) => signals.forEach(({ ids }) => heard(ids["plan"] ?? "")),
      onResync: () => undefined,
    });
    return () => session.stop();
  },
};

async function meet(fault: string, { heartbeat, listen }: Contender, seed: number): Promise<Run> {
  const host = await startLogServer(heartbeat ? { heartbeat } : {});
  const proxy = await startChaosProxy(host.server.url, seed);
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
  await waitUntil(() => host.openStreams > 0);
  await sleep(200);
  await emit(BEFORE, 500);
  await waitUntil(() => heard.size === BEFORE);
  FAULTS[fault]?.(proxy);
  await emit(DURING, FAULT_MS);
  proxy.heal();
  const healedAt = performance.now();
  const firstAfter = emitted + 1;
  const emitting = emit(AFTER, 500);
  const isWhole = () => Array.from({ length: firstAfter }, (_, index) => `${index + 1}`).every((id) => heard.has(id));
  await waitUntil(isWhole);
  const recoveredMs = isWhole() ? Math.round(performance.now() - healedAt) : null;
  await emitting;
  if (recoveredMs !== null) await waitUntil(() => heard.size === emitted);
  stop();
  await proxy.close();
  await host.close();
  return { heard: heard.size, emitted, recoveredMs };
}

function outcomeOf(runs: readonly Run[]): FaultOutcome {
  const times = runs
    .flatMap(({ recoveredMs }) => (recoveredMs === null ? [] : [recoveredMs]))
    .toSorted((a, b) => a - b);
  const [median, longest] = [times[Math.floor(times.length / 2)], times.at(-1)];
  return {
    delivered: Math.min(...runs.map((run) => run.heard)),
    expected: Math.max(...runs.map((run) => run.emitted)),
    recoveredMs:
      times.length === runs.length && median !== undefined && longest !== undefined ? { median, longest } : null,
  };
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

async function waitUntil(condition: () => boolean): Promise<void> {
  const until = performance.now() + WAIT_MS;
  while (!condition() && performance.now() < until) await sleep(LOOK_MS);
}

if (typeof EventSource === "undefined") throw new Error("Run this with --experimental-eventsource.");
// What a fault breaks in the stock client may surface as an unhandled rejection; the table says what came of it.
process.on("unhandledRejection", () => undefined);

const met = new Map(Object.keys(FAULTS).map((fault) => [fault, { stock: [] as Run[], ours: [] as Run[] }]));
for (let run = 1; run <= RUNS; run += 1) {
  // All at once: nearly all of it is waiting.
  await Promise.all(
    [...met].map(async ([fault, runs]) => {
      const [fromStock, fromOurs] = await Promise.all([meet(fault, stock, run), meet(fault, ours, run)]);
      runs.stock.push(fromStock);
      runs.ours.push(fromOurs);
    }),
  );
}
const rows = [...met].map(([fault, runs]): FaultRow => ({
  fault,
  stock: outcomeOf(runs.stock),
  ours: outcomeOf(runs.ours),
}));
const matrix: FaultMatrix = { node: process.version, runs: RUNS, waitedMs: WAIT_MS, rows };
const docs = join(import.meta.dirname, "../../../docs");
await writeFile(join(docs, "fault-matrix.json"), `${JSON.stringify(matrix, null, 2)}\n`);
const page = await readFile(join(docs, "guarantees.md"), "utf8");
const shown = tableIn(page);
if (shown === null) throw new Error("docs/guarantees.md has no place for the table.");
const table = faultTable(matrix);
await writeFile(
  join(docs, "guarantees.md"),
  page.replace(shown, () => table),
);
process.stdout.write(`${table}\n`);
