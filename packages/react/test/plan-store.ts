import type { Signal } from "@signalbox/catalog/signals";
import { createVirtualClock, type VirtualClock } from "@signalbox/client/test/virtual-clock";
import { TRPCClientError } from "@trpc/client";
import { QueryObserver, type QueryClient } from "@tanstack/react-query";
import { makeQueryClient } from "../src/query-client.tsx";
import { createLiveQueries, type LiveQueries } from "../src/signals/live-queries.ts";
import { createOwnWrites } from "../src/signals/own-writes.ts";
import { withPlan, type PlanRecord } from "../src/signals/plan-caches.ts";

/** A store of plans, reads of it that take time, and a cache kept current by signals. */
export interface PlanStore {
  clock: VirtualClock;
  queryClient: QueryClient;
  live: LiveQueries;
  ownWrites: ReturnType<typeof createOwnWrites>;
  plans: Map<string, PlanRecord>;
  reads: string[];
  latency: () => number;
  fails: () => boolean;
  cursor: string;
  /** Changes a plan in the store, without a word to the cache. */
  change(id: string, change?: Partial<PlanRecord> | null): void;
  /** Tells the cache of these plans, as one batch. */
  signal(...ids: string[]): void;
  showList(meta?: Record<string, unknown>): () => void;
  showPlan(id: string): () => void;
  list(): { id: string; version: number }[];
  detail(id: string): number | undefined;
}

export const LIST_KEY = [["plan", "list"], { input: { workspaceId: "w" }, type: "query" }];
export const planKey = (id: string) => [["plan", "get"], { input: { id }, type: "query" }];

export function createPlanStore(ids: readonly string[]): PlanStore {
  const clock = createVirtualClock({ macrotasks: 2 });
  const queryClient = makeQueryClient();
  const ownWrites = createOwnWrites(clock);
  const removed = new Set<string>();
  let seq = 0;

  const read = async <T>(name: string, take: () => T): Promise<T> => {
    store.reads.push(name);
    const answer = take();
    const isFailure = store.fails();
    await new Promise<void>((resolve) => clock.after(store.latency(), resolve));
    if (isFailure) throw refusal(503);
    return answer;
  };
  const readPlan = async (id: string) => {
    const plan = await read(`get ${id}`, () => store.plans.get(id) ?? null);
    if (!plan) throw refusal(404);
    return plan;
  };
  const observe = (queryKey: unknown[], queryFn: () => Promise<unknown>, meta?: Record<string, unknown>) =>
    new QueryObserver(queryClient, { queryKey, queryFn, retry: false, ...(meta && { meta }) }).subscribe(
      () => undefined,
    );

  const store: PlanStore = {
    clock,
    queryClient,
    ownWrites,
    plans: new Map(),
    reads: [],
    latency: () => 80,
    fails: () => false,
    cursor: "1.0",
    live: createLiveQueries({
      queryClient,
      workspaceId: "w",
      clock,
      random: () => 0.5,
      readPlan,
      decidePlan: (id, cursor, isNews) => ownWrites.decide(id, cursor, isNews),
    }),
    change(id, change = {}) {
      const known = store.plans.get(id);
      // As in the product, an id is never used again.
      if (change === null) {
        store.plans.delete(id);
        removed.add(id);
      } else if (!removed.has(id))
        store.plans.set(id, { ...(known ?? made(id)), ...change, version: (known?.version ?? 0) + 1 });
    },
    signal(...changed) {
      seq += changed.length;
      store.cursor = `1.${seq}`;
      store.live.hear({ signals: changed.map(planSignal), cursor: store.cursor });
    },
    showList: (meta) =>
      observe(
        LIST_KEY,
        () => read("list", () => [...store.plans.values()].reduce(withPlan, [] as readonly PlanRecord[])),
        meta,
      ),
    showPlan: (id) => observe(planKey(id), () => readPlan(id)),
    list: () => (queryClient.getQueryData<PlanRecord[]>(LIST_KEY) ?? []).map(({ id, version }) => ({ id, version })),
    detail: (id) => queryClient.getQueryData<PlanRecord>(planKey(id))?.version,
  };
  for (const id of ids) store.change(id);
  return store;
}

function made(id: string): PlanRecord {
  return { id, workspaceId: "w", status: "draft", position: id, version: 0 };
}

export function planSignal(id: string): Signal {
  return { name: "plan.updated", ids: { plan: id, board: "b" }, workspaceId: "w", at: 1 };
}

function refusal(httpStatus: number): Error {
  return new TRPCClientError("refused", {
    result: { error: { code: -32_000, message: "refused", data: { httpStatus } } },
  });
}
