import { subjectOf, type Signal, type SignalName, type Subject } from "@signalbox/catalog/signals";
import { systemClock, type Clock, type Stop } from "@signalbox/client/clock";
import { createInspector, type Inspector } from "@signalbox/client/inspector/inspector";
import type { PollClient } from "@signalbox/client/polling/poll-client";
import { idleConnection, type ConnectionState } from "@signalbox/client/signals/connection-state";
import {
  openEvents,
  type EventsClient,
  type EventsSession,
  type Resync,
  type SignalBatch,
} from "@signalbox/client/signals/events-session";
import { openSharedEvents } from "@signalbox/client/signals/share-events";
import type { StreamTraffic } from "@signalbox/client/streams/hold-stream";
import { watchVisibility, type PageWatch, type VisibilityWatch } from "@signalbox/client/streams/page-watch";
import type { TabScope } from "@signalbox/client/tabs/tabs";
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
  /** For the times without a stream. */
  poll?: PollClient | undefined;
  /** Tabs to share the stream with. Takes effect with `poll`. */
  scope?: TabScope | null | undefined;
  queryClient: QueryClient;
  workspaceId: string;
  /** The position at which the page was rendered; null: from the moment of connecting. */
  position: string | null;
  writes?: WriteObserver | undefined;
  clock?: Clock | undefined;
  random?: (() => number) | undefined;
  watch?: PageWatch | undefined;
  visibility?: VisibilityWatch | undefined;
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
  inspector: Inspector;
  /** Opens the inspector with how the connection stands now, or closes it. */
  toggleInspector(): void;
  /** Attempts of this tab, none where another holds the stream; bytes of the stream, whichever tab holds it. */
  traffic(): StreamTraffic;
}

export function createLiveWorkspace(options: LiveWorkspaceOptions): LiveWorkspace {
  const { client, queryClient, workspaceId, clock = systemClock, random = Math.random } = options;
  const listeners = new Set<{ match: SignalMatch; listener: (signal: Signal) => void }>();
  const observers = new Set<() => void>();
  const ring = createSignalRing(options.position);
  let cursor = options.position;
  const inspector = createInspector({ clock });
  let state: ConnectionState = idleConnection(clock.now());
  let running: { session: EventsSession; queries: LiveQueries } | null = null;

  const setState = (next: ConnectionState) => {
    const isBack = isCurrent(next) && !isCurrent(state);
    state = next;
    inspector.record(() => ({ type: "connection", state: next }));
    if (isBack) running?.queries.retryFailed();
    for (const observer of observers) observer();
  };

  const start = (): Stop => {
    const ownWrites = createOwnWrites(clock);
    const queries = createLiveQueries({
      inspector,
      queryClient,
      workspaceId,
      clock,
      random,
      readPlan: (id, signal) => client.plan.get.query({ id }, { signal }),
      decidePlan: (id, at, isNews) => ownWrites.decide(id, at, isNews),
    });
    const unlisten = options.writes?.listen({
      // A request came through: no reason to wait any longer.
      answered() {
        if (state.name === "backoff" || state.name === "polling") running?.session.nudge();
      },
      began: (write) => forPlan(write, null, (id) => ownWrites.began(id)),
      failed: (write) => forPlan(write, null, (id) => ownWrites.ended(id, null)),
      succeeded(write, { answer, position }) {
        queries.wrote({ ...write, answer });
        forPlan(write, answer, (id) => ownWrites.ended(id, position));
      },
    });
    const sessionOptions = {
      client,
      workspaceId,
      after: cursor,
      clock,
      random,
      watch: options.watch,
      onState: setState,
      onSignals(batch: SignalBatch) {
        cursor = batch.cursor;
        ring.add(batch);
        inspector.record(() => ({ type: "signals", ...inspected(batch, clock.now()) }));
        queries.hear(batch);
        for (const signal of batch.signals) {
          for (const { match, listener } of listeners) if (isMatch(match, signal)) listener(signal);
        }
      },
      onResync(resync: Resync) {
        cursor = resync.cursor;
        ring.reset(resync.cursor);
        inspector.record(() => ({ type: "resync", ...resync }));
        queries.rereadAll(resync.spreadMs);
      },
    };
    const { poll, scope } = options;
    const session =
      poll && scope ? openSharedEvents({ ...sessionOptions, poll, scope }) : openEvents({ ...sessionOptions, poll });
    const unwatch = (options.visibility ?? watchVisibility)((isHidden) =>
      isHidden ? queries.pause() : queries.resume(),
    );
    const mine = { session, queries };
    running = mine;
    return () => {
      if (running === mine) running = null;
      cursor = session.cursor() ?? cursor;
      session.stop();
      unwatch();
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
    inspector,
    toggleInspector() {
      if (inspector.isOpen) return inspector.close();
      inspector.open();
      inspector.record(() => ({ type: "connection", state }));
    },
    traffic: () => running?.session.traffic() ?? { attempts: 0, bytes: 0 },
  };
}

/** What the page shows is kept current, by a stream or by polls. */
function isCurrent(state: ConnectionState): boolean {
  return state.name === "live" || (state.name === "polling" && state.answers === "current");
}

function inspected({ signals, cursor }: SignalBatch, now: number) {
  return { cursor, signals: signals.map(({ name, ids, at }) => ({ name, ids, latencyMs: now - at })) };
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
