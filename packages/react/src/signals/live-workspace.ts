import { subjectOf, type Signal, type SignalName, type Subject } from "@signalbox/catalog/signals";
import { systemClock, type Clock, type Stop } from "@signalbox/client/clock";
import { startConnecting, type ConnectionState } from "@signalbox/client/signals/connection-state";
import { openEvents, type EventsClient, type EventsSession } from "@signalbox/client/signals/events-session";
import type { PageWatch } from "@signalbox/client/streams/page-watch";
import type { WriteObserver } from "@signalbox/client/write-observer";
import type { QueryClient } from "@tanstack/react-query";
import { createLiveQueries, type LiveQueries } from "./live-queries.ts";
import { createOwnWrites } from "./own-writes.ts";
import { isRecord } from "./query-keys.ts";
import { createSignalRing } from "./signal-ring.ts";

/** What a listener wants to hear; an absent field excludes nothing. */
export interface SignalMatch {
  subjects?: readonly Subject[];
  names?: readonly SignalName[];
  /** Only signals that name exactly these records, as `{ plan: "…" }`. */
  ids?: Readonly<Record<string, string>>;
}

export interface LiveWorkspaceOptions {
  client: EventsClient & {
    plan: { get: { query(input: { id: string }, options?: { signal?: AbortSignal }): Promise<unknown> } };
  };
  queryClient: QueryClient;
  workspaceId: string;
  /** The position at which the page was rendered; null: from the moment of connecting. */
  position: string | null;
  writes?: WriteObserver | undefined;
  clock?: Clock | undefined;
  random?: (() => number) | undefined;
  watch?: PageWatch | undefined;
}

/** Everything live of one workspace in one tab, without React: one stream, its listeners, the cache it keeps current. */
export interface LiveWorkspace {
  /** Opens the stream and follows the cache; the stop ends both. May be started again: it goes on where it stood. */
  start(): Stop;
  connection: { subscribe(listener: () => void): Stop; current(): ConnectionState };
  /** Adding and removing a listener never touches the stream. */
  listen(match: SignalMatch, listener: (signal: Signal) => void): Stop;
  /** Data rendered at this position has just come into the cache under these query hashes. */
  hydrated(position: string, queryHashes: readonly string[]): void;
  nudge(): void;
}

export function createLiveWorkspace(options: LiveWorkspaceOptions): LiveWorkspace {
  const { client, queryClient, workspaceId, clock = systemClock, random = Math.random } = options;
  const listeners = new Set<{ match: SignalMatch; listener: (signal: Signal) => void }>();
  const observers = new Set<() => void>();
  const ring = createSignalRing(options.position);
  let cursor = options.position;
  let state: ConnectionState = startConnecting(clock.now());
  let running: { session: EventsSession; queries: LiveQueries } | null = null;

  const setState = (next: ConnectionState) => {
    const isBack = next.name === "live" && state.name !== "live";
    state = next;
    if (isBack) running?.queries.retryFailed();
    for (const observer of observers) observer();
  };

  const start = (): Stop => {
    const ownWrites = createOwnWrites(clock);
    const queries = createLiveQueries({
      queryClient,
      workspaceId,
      clock,
      random,
      readPlan: (id, signal) => client.plan.get.query({ id }, { signal }),
      decidePlan: (id, at, isNews) => ownWrites.decide(id, at, isNews),
    });
    const unlisten = options.writes?.listen({
      // A request came through: no reason to wait any longer. An evicted stream gave way on purpose, and goes on waiting.
      answered() {
        const isWaiting = state.name === "reconnecting" || (state.name === "offline" && state.reason !== "evicted");
        if (isWaiting) running?.session.nudge();
      },
      began: (write) => forPlan(write, null, (id) => ownWrites.began(id)),
      failed: (write) => forPlan(write, null, (id) => ownWrites.ended(id, null)),
      succeeded(write, { answer, position }) {
        queries.wrote({ ...write, answer });
        forPlan(write, answer, (id) => ownWrites.ended(id, position));
      },
    });
    const session = openEvents({
      client,
      workspaceId,
      after: cursor,
      clock,
      random,
      watch: options.watch,
      onState: setState,
      onSignals(batch) {
        cursor = batch.cursor;
        ring.add(batch);
        queries.hear(batch);
        for (const signal of batch.signals) {
          for (const { match, listener } of listeners) if (isMatch(match, signal)) listener(signal);
        }
      },
      onResync(resync) {
        cursor = resync.cursor;
        ring.reset(resync.cursor);
        queries.rereadAll(resync.spreadMs);
      },
    });
    const mine = { session, queries };
    running = mine;
    return () => {
      if (running === mine) running = null;
      cursor = session.cursor() ?? cursor;
      session.stop();
      queries.stop();
      ownWrites.stop();
      unlisten?.();
    };
  };

  return {
    start,
    connection: {
      subscribe(observer) {
        observers.add(observer);
        return () => observers.delete(observer);
      },
      current: () => state,
    },
    listen(match, listener) {
      const entry = { match, listener };
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    hydrated(position, hashes) {
      running?.queries.recheck(hashes, ring.after(position));
    },
    nudge: () => running?.session.nudge(),
  };
}

function isMatch({ subjects, names, ids = {} }: SignalMatch, signal: Signal): boolean {
  return (
    (!names || names.includes(signal.name)) &&
    (!subjects || subjects.includes(subjectOf(signal.name))) &&
    Object.entries(ids).every(([subject, id]) => signal.ids[subject] === id)
  );
}

/** The plan that a write is about: the one it names, or the one that it answers with. */
function forPlan(write: { path: string; input: unknown }, answer: unknown, run: (id: string) => void): void {
  if (!write.path.startsWith("plan.")) return;
  for (const about of [write.input, answer]) {
    if (isRecord(about) && typeof about["id"] === "string") return run(about["id"]);
  }
}
