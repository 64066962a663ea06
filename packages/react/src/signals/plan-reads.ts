import { subjectOf, type Signal } from "@signalbox/catalog/signals";
import { REFRESH_WINDOW_MS } from "@signalbox/catalog/timing";
import type { Clock } from "@signalbox/client/clock";
import type { Freshness } from "@signalbox/client/freshness/freshness";
import { verdictOf } from "@signalbox/client/streams/stream-refused";
import type { Query, QueryClient } from "@tanstack/react-query";
import { isPlanRecord, mergePlan, planLists, removePlan, type PlanRecord } from "./plan-caches.ts";
import { isRecord, readQueryKey, type QueryName } from "./query-keys.ts";

/**
 * Aimed reads for lists of plans: a signal about one plan reads that one plan, and the answer takes its place in the
 * lists. The list itself is read where that would be more reads, or where an older answer of the list is on its way.
 */
export interface PlanReads {
  hear(ids: readonly string[], cursor: string): void;
  /** True for queries that are kept current by aimed reads when this signal comes. */
  isAimed(signal: Signal, query: QueryName): boolean;
  /** The read of a key of ours, or null for a key of the cache. */
  read(key: string, signal: AbortSignal): Promise<void> | null;
  /** A query of the cache was answered, or its read failed. */
  answered(query: Query): void;
  failed(query: Query, error: unknown): void;
  wrote(write: { path: string; input: unknown; answer: unknown }): void;
  /** Leaves what is still to be read to whoever shows it next. */
  stop(): void;
}

export interface PlanReadsOptions {
  queryClient: QueryClient;
  workspaceId: string;
  readPlan(id: string, signal: AbortSignal): Promise<unknown>;
  decidePlan(id: string, cursor: string, isNews: () => void): void;
  freshness: Pick<Freshness, "touch">;
  touch(query: Query): void;
  clock: Clock;
}

/** Beyond this many plans within one window the list is read instead: one larger request for many small ones. */
const AIMED_READS_PER_WINDOW = 5;
const KEY_PREFIX = "plan:";

export function createPlanReads(options: PlanReadsOptions): PlanReads {
  const { queryClient, workspaceId, freshness, touch, clock } = options;
  const cache = queryClient.getQueryCache();
  /** When each plan was last aimed at, within the window. */
  const wave = new Map<string, number>();
  /** Aimed at and not yet answered. */
  const aimed = new Set<string>();
  /** Aimed reads under way, and whether there was news of their plan since they began. */
  const hasNews = new Map<string, boolean>();
  /** Plans found gone, the newest last. Ids are never used twice, so an answer about one of them is an old one. */
  const gone = createRecentSet();
  /** Plans that signals have named: an answer about one of them may be older than what was read since. */
  const heard = createRecentSet();

  const lists = () => planLists(queryClient, workspaceId).flatMap((hash) => cache.get(hash) ?? []);
  const touchAll = (id: string) => [...lists(), detailOf(id)].forEach((query) => query && touch(query));
  /** A list that is on its way, failed, or not there yet can't take an answer in. */
  const needsWholeRead = (query: Query) => query.state.fetchStatus !== "idle" || query.state.status !== "success";
  const detailOf = (id: string) =>
    cache.getAll().find(({ queryKey }) => {
      const name = readQueryKey(queryKey);
      return name?.router === "plan" && name.procedure === "get" && name.input["id"] === id;
    });

  const isWaveTooLarge = (ids: readonly string[]) => {
    const now = clock.now();
    for (const [id, at] of wave) if (now - at >= REFRESH_WINDOW_MS) wave.delete(id);
    // No more are remembered than are needed to know that there are too many.
    for (const id of ids.slice(0, AIMED_READS_PER_WINDOW + 1)) wave.set(id, now);
    return wave.size > AIMED_READS_PER_WINDOW;
  };

  const aim = (id: string, isOneOfMany: boolean) => {
    if (hasNews.has(id)) hasNews.set(id, true);
    const detail = detailOf(id);
    const shown = lists().filter((list) => list.isActive() || list.state.fetchStatus !== "idle");
    for (const list of lists()) if (!shown.includes(list)) touch(list);
    const isAimed = shown.length > 0 && !isOneOfMany && !shown.some(needsWholeRead);
    if (isAimed) {
      aimed.add(id);
      freshness.touch(KEY_PREFIX + id);
    } else shown.forEach(touch);
    // A plan that is open beside its list is read once, and the answer serves both; unless an older one is on its way.
    if (detail && !(isAimed && detail.isActive() && !needsWholeRead(detail))) touch(detail);
  };

  const holds = (list: Query, id: string) => {
    const plans: unknown = list.state.data;
    return Array.isArray(plans) && plans.some((plan) => isPlanRecord(plan) && plan.id === id);
  };

  const remove = (id: string) => {
    // What nobody has ever named or shown is not gone: it may be on its way.
    if (heard.has(id) || lists().some((list) => holds(list, id))) gone.add(id);
    removePlan(queryClient, workspaceId, id);
  };

  const isPlanGet = (query: Query) => {
    const name = readQueryKey(query.queryKey);
    return name?.router === "plan" && name.procedure === "get" ? name.input["id"] : undefined;
  };

  const merge = (plan: PlanRecord, canInsert: boolean) => {
    if (plan.workspaceId !== workspaceId) return;
    mergePlan(queryClient, plan, { canInsert: canInsert && !gone.has(plan.id) });
  };

  /** No signal follows an own write, and a read that began before it would put its older answer over it. */
  const rereadUnderWay = (detail: Query | undefined) => {
    for (const query of [...lists(), ...(detail ? [detail] : [])]) {
      if (query.state.fetchStatus !== "idle") touch(query);
    }
  };

  return {
    hear(ids, cursor) {
      for (const id of ids) heard.add(id);
      const isOneOfMany = isWaveTooLarge(ids);
      for (const id of ids) options.decidePlan(id, cursor, () => aim(id, isOneOfMany));
    },
    isAimed: (signal, { router, procedure }) =>
      subjectOf(signal.name) === "plan" && router === "plan" && (procedure === "list" || procedure === "get"),
    read(key, signal) {
      if (!key.startsWith(KEY_PREFIX)) return null;
      const id = key.slice(KEY_PREFIX.length);
      return readOne(id, signal);
    },
    answered(query) {
      const plan: unknown = query.state.data;
      if (isPlanGet(query) && isPlanRecord(plan)) merge(plan, false);
    },
    failed(query, error) {
      const id = isPlanGet(query);
      if (typeof id !== "string") return;
      if (verdictOf(error) === "gone") remove(id);
      else for (const list of lists()) if (list.isActive()) touch(list);
    },
    wrote({ path, input, answer }) {
      if (!path.startsWith("plan.")) return;
      const named = isRecord(input) && typeof input["id"] === "string" ? input["id"] : null;
      const detail = named === null ? undefined : detailOf(named);
      if (path === "plan.remove" && named !== null) {
        remove(named);
        if (detail) touch(detail);
      } else if (isPlanRecord(answer)) {
        merge(answer, path === "plan.create" && !heard.has(answer.id));
        // A list that has not got the plan yet could not take the answer in, and an older one may be on its way.
        if (lists().some((list) => list.isActive() && !holds(list, answer.id))) aim(answer.id, false);
      } else return;
      rereadUnderWay(detail);
    },
    stop() {
      if (aimed.size > 0) for (const list of lists()) list.invalidate();
      aimed.clear();
    },
  };

  async function readOne(id: string, signal: AbortSignal): Promise<void> {
    hasNews.set(id, false);
    try {
      const plan = await options.readPlan(id, signal);
      signal.throwIfAborted();
      if (isPlanRecord(plan)) merge(plan, hasNews.get(id) === false);
      else touchAll(id);
    } catch (error) {
      if (signal.aborted) throw error;
      // Gone, or no longer ours to see. Anything else: the list and the detail know, and have tries of their own.
      if (verdictOf(error) === "gone") {
        remove(id);
        const detail = detailOf(id);
        if (detail) touch(detail);
      } else touchAll(id);
    }
    // With news there is another read to come.
    if (hasNews.get(id) === false) aimed.delete(id);
    hasNews.delete(id);
  }
}

const REMEMBERED = 500;

/** The newest few hundred of what was added. */
function createRecentSet() {
  const items = new Set<string>();
  return {
    has: (item: string) => items.has(item),
    add(item: string) {
      items.delete(item);
      items.add(item);
      const [oldest] = items;
      if (items.size > REMEMBERED && oldest !== undefined) items.delete(oldest);
    },
  };
}
