/**
 * A client with records mounted, as a page holds them: one stream, the product's freshness rule, aimed reads of the plans
 * that signals name. It tells when each read's answer is there.
 */
import { createSignalboxClient } from "@signalbox/client/create-client";
import { createFreshness } from "@signalbox/client/freshness/freshness";
import { setTimeout as pause } from "node:timers/promises";
import { BenchError } from "../bench-error.ts";
import type { Product } from "../product.ts";
import { within } from "../within.ts";

export interface MountedClient {
  /** Reads of plans so far, and the HTTP requests that carried them. */
  readonly reads: number;
  readonly requests: number;
  /** Milliseconds from each signal's `at` to the answer of the read that covers it. */
  readonly latencies: number[];
  /** What a page would show: titles by plan. */
  readonly titles: ReadonlyMap<string, string>;
  /** Resolves when no read is due or under way. */
  settled(): Promise<void>;
  stop(): void;
}

const SETTLED_WITHIN_MS = 60_000;

/** Epoch milliseconds with their fraction. */
const preciseNow = () => performance.timeOrigin + performance.now();

export async function mountClient(
  product: Product,
  { planIds, ending }: { planIds: readonly string[]; ending: AbortSignal },
): Promise<MountedClient> {
  let requests = 0;
  let reads = 0;
  const latencies: number[] = [];
  const titles = new Map<string, string>();
  const newestAt = new Map<string, number>();
  const client = createSignalboxClient({
    url: product.url,
    apiKey: product.key,
    fetch(input, init) {
      if (new Request(input).url.includes("/api/trpc/")) requests += 1;
      return fetch(input, init);
    },
  });
  const mounted = new Set(planIds);
  const freshness = createFreshness({
    async read(id, signal) {
      const at = newestAt.get(id);
      newestAt.delete(id);
      reads += 1;
      const plan = await client.plan.get.query({ id }, { signal });
      titles.set(id, plan.title);
      if (at !== undefined) latencies.push(preciseNow() - at);
    },
  });
  let openStream = () => {};
  const opened = new Promise<void>((resolve) => {
    openStream = resolve;
  });
  const subscription = client.events.subscribe(
    { workspaceId: product.workspaceId, delivery: "latest" },
    {
      onData({ data: frame }) {
        openStream();
        if (frame.type === "resync") for (const id of mounted) freshness.touch(id);
        if (frame.type !== "signals") return;
        for (const { ids, at } of frame.signals) {
          const id = ids["plan"];
          if (id === undefined || !mounted.has(id)) continue;
          newestAt.set(id, at);
          freshness.touch(id);
        }
      },
    },
  );
  await within(opened, { ms: SETTLED_WITHIN_MS, what: "A client's stream", ending });
  return {
    get reads() {
      return reads;
    },
    get requests() {
      return requests;
    },
    latencies,
    titles,
    async settled() {
      const isBusy = () => planIds.some((id) => freshness.isDirty(id) || freshness.isReading(id));
      const deadline = performance.now() + SETTLED_WITHIN_MS;
      while (isBusy()) {
        if (ending.aborted || performance.now() > deadline) throw new BenchError("A client never came to rest.");
        await pause(10);
      }
    },
    stop() {
      subscription.unsubscribe();
      freshness.stop();
    },
  };
}
