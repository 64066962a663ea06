import { subjectIdOf, subjectOf, type Signal } from "@signalbox/catalog/signals";
import type { Clock, Stop } from "@signalbox/client/clock";
import { createFreshness, type ReadToken } from "@signalbox/client/freshness/freshness";
import type { Inspector } from "@signalbox/client/inspector/inspector";
import type { Query, QueryCacheNotifyEvent, QueryClient } from "@tanstack/react-query";
import { isRefusal } from "../query-client.tsx";
import { concerns } from "./aim.ts";
import { createPlanReads } from "./plan-reads.ts";
import { livenessOf } from "./liveness.tsx";
import { readQueryKey } from "./query-keys.ts";
import { createReadTrace, describeQuery, describeSignal } from "./read-trace.ts";

/**
 * Binds the freshness of keys to a TanStack cache: signals become reads of the queries they concern, and every fetch of
 * the cache is told to the freshness. No signal is ever written into the cache; what is written is an answer of a read.
 */
export interface LiveQueries {
  /** Signals of this workspace, and the cursor after them. */
  hear(batch: { signals: readonly Signal[]; cursor: string }): void;
  /** Every mounted live query is read again, each at a random moment within `spreadMs`. */
  rereadAll(spreadMs: number): void;
  /** The host is there again: what could not be read is read now, and not only after its next signal. */
  retryFailed(): void;
  /** These queries hold data of an earlier moment: read again those that the signals concern; all of them for null. */
  recheck(queryHashes: readonly string[], signals: readonly Signal[] | null): void;
  /** A plan that a mutation of this page has just answered with. */
  wrote(write: { path: string; input: unknown; answer: unknown }): void;
  /** Nobody sees the page: signals are collected. `resume` reads once what they concern. */
  pause(): void;
  resume(): void;
  stop(): void;
}

export interface LiveQueriesOptions {
  inspector?: Inspector | undefined;
  queryClient: QueryClient;
  workspaceId: string;
  /** Reads one plan by a checked request. */
  readPlan(id: string, signal: AbortSignal): Promise<unknown>;
  /** Whether a signal tells this page news about a plan, or is the echo of its own mutation. */
  decidePlan(id: string, cursor: string, isNews: () => void): void;
  clock: Clock;
  random: () => number;
}

export function createLiveQueries(options: LiveQueriesOptions): LiveQueries {
  const { queryClient, workspaceId, clock, random } = options;
  const cache = queryClient.getQueryCache();
  const foreign = new Map<string, { token: ReadToken; startedAt: number }>();
  const trace = createReadTrace(options.inspector, clock);
  const own = new Set<string>();
  const waits = new Set<Stop>();

  const freshness = createFreshness({
    clock,
    random,
    modeOf(key) {
      const query = cache.get(key);
      return query && livenessOf(query).mode === "panel" ? "panel" : "list";
    },
    read: (key, signal) =>
      trace.follow(
        key,
        () => labelOf(key),
        () => plans.read(key, signal) ?? readQuery(key, signal),
      ),
  });
  const labelOf = (key: string) => {
    const query = cache.get(key);
    return query ? describeQuery(query) : key;
  };
  const ask = (key: string) => {
    trace.asked(key);
    freshness.touch(key);
  };
  const begin = (hash: string) => foreign.set(hash, { token: freshness.began(hash), startedAt: clock.now() });

  const readQuery = async (hash: string, signal: AbortSignal): Promise<void> => {
    const query = cache.get(hash);
    if (!query || query.isDisabled()) return;
    own.add(hash);
    const cancel = () => void query.cancel({ revert: true });
    signal.addEventListener("abort", cancel, { once: true });
    try {
      // A fetch that is already under way began before this read was asked for: its answer doesn't count.
      if (query.state.fetchStatus !== "idle") await query.promise?.catch(() => undefined);
      await query.fetch();
    } catch (error) {
      // Refused with authority: the query shows why, and asking again changes nothing.
      if (!isRefusal(error)) throw error;
    } finally {
      own.delete(hash);
      signal.removeEventListener("abort", cancel);
    }
  };

  /** Reads a query now if somebody shows it, else when somebody does. */
  const touch = (query: Query) => {
    if (query.isActive() || query.state.fetchStatus !== "idle") ask(query.queryHash);
    else query.invalidate();
  };
  const plans = createPlanReads({ ...options, freshness: { touch: ask }, touch });

  const follow = ({ query, ...event }: QueryCacheNotifyEvent) => {
    const hash = query.queryHash;
    if (event.type === "removed") return release(hash);
    if (event.type === "observerRemoved") {
      // A fetch under way would clean the query of what it began too early to see.
      if (query.getObserversCount() > 0 || query.state.fetchStatus !== "idle") return;
      if (freshness.isDirty(hash)) query.invalidate();
      return release(hash);
    }
    if (event.type !== "updated" || !readQueryKey(query.queryKey)) return;
    const { action } = event;
    if (action.type === "success" && !action.manual) plans.answered(query);
    if (action.type === "error") plans.failed(query, action.error);
    if (own.has(hash)) return;
    if (action.type === "fetch") begin(hash);
    else if (action.type === "success" && !action.manual) settle(hash, "ok");
    else if (action.type === "error") {
      const isAnswer = isRefusal(action.error);
      settle(hash, isAnswer ? "ok" : "failed");
      if (!isAnswer && query.isActive())
        trace.during(
          () => "The read before failed",
          () => ask(hash),
        );
    } else if (action.type === "setState" && query.state.fetchStatus === "idle") settle(hash, "cancelled");
  };
  const settle = (hash: string, outcome: "ok" | "failed" | "cancelled") => {
    const read = foreign.get(hash);
    foreign.delete(hash);
    if (!read) return;
    freshness.ended(read.token, outcome);
    trace.foreign(() => labelOf(hash), read.startedAt, outcome === "cancelled" ? "given-up" : outcome);
  };
  const release = (hash: string) => {
    foreign.delete(hash);
    freshness.forget(hash);
  };

  const touchConcerned = (signal: Signal, among: readonly Query[]) => {
    for (const query of among) {
      const name = readQueryKey(query.queryKey);
      if (name && concerns(signal, name, livenessOf(query)) && !plans.isAimed(signal, name)) touch(query);
    }
  };
  const isLive = (query: Query) => {
    const { mode } = livenessOf(query);
    return readQueryKey(query.queryKey) !== null && mode !== "daily" && mode !== "static";
  };

  for (const query of cache.getAll()) {
    if (!readQueryKey(query.queryKey)) continue;
    // A fetch that was under way before: a signal that comes until its end must not be lost.
    if (query.state.fetchStatus !== "idle") begin(query.queryHash);
    // Left dirty by the one before, and still shown.
    if (query.isActive() && query.state.isInvalidated) freshness.touch(query.queryHash);
  }
  const unfollow = cache.subscribe(follow);

  return {
    hear({ signals, cursor }) {
      const ours = signals.filter((signal) => signal.workspaceId === workspaceId);
      const queries = cache.getAll();
      for (const signal of ours) {
        trace.during(
          () => describeSignal(signal),
          () => touchConcerned(signal, queries),
        );
      }
      const ofPlans = ours.filter(({ name }) => subjectOf(name) === "plan");
      const ids = new Set(ofPlans.map(subjectIdOf));
      trace.during(
        () => ofPlans.map(describeSignal).slice(0, 3).join(", "),
        () => plans.hear([...ids].filter(Boolean), cursor),
      );
    },
    rereadAll(spreadMs) {
      for (const query of cache.getAll()) {
        if (!isLive(query)) continue;
        if (!query.isActive()) {
          touch(query);
          continue;
        }
        const cancel = clock.after(random() * spreadMs, () => {
          waits.delete(cancel);
          trace.during(
            () => "Resync: what happened meanwhile is not known",
            () => touch(query),
          );
        });
        waits.add(cancel);
      }
    },
    retryFailed() {
      for (const query of cache.getAll()) {
        const hasFailed = query.state.status === "error" && !isRefusal(query.state.error);
        if (isLive(query) && query.isActive() && (hasFailed || freshness.isDirty(query.queryHash)))
          trace.during(
            () => "The host is back, and this could not be read before",
            () => touch(query),
          );
      }
    },
    recheck(hashes, signals) {
      const queries = hashes.flatMap((hash) => cache.get(hash) ?? []);
      for (const query of queries) {
        const name = readQueryKey(query.queryKey);
        if (!name || !isLive(query)) continue;
        if (signals === null || signals.some((signal) => concerns(signal, name, livenessOf(query))))
          trace.during(
            () => "Rendered at a moment before what this tab has heard",
            () => touch(query),
          );
      }
    },
    wrote: (write) =>
      trace.during(
        () => `This page's own ${write.path}`,
        () => plans.wrote(write),
      ),
    pause: freshness.pause,
    resume: freshness.resume,
    stop() {
      unfollow();
      for (const cancel of waits) cancel();
      waits.clear();
      // What was dirty is read again by whoever shows it next.
      for (const query of cache.getAll()) {
        if (freshness.isDirty(query.queryHash)) query.invalidate();
      }
      plans.stop();
      freshness.stop();
      foreign.clear();
    },
  };
}
