import { TAB_QUEUE } from "@signalbox/catalog/bounds";
import { parseCursor } from "@signalbox/catalog/cursor";
import { RESYNC_SPREAD_MS } from "@signalbox/catalog/timing";
import { systemClock } from "../clock.ts";
import type { PollClient } from "../polling/poll-client.ts";
import { watchPage } from "../streams/page-watch.ts";
import { takeStreamPlace } from "../tabs/stream-places.ts";
import { joinTabGroup } from "../tabs/tab-group.ts";
import { scopeName, type TabScope } from "../tabs/tabs.ts";
import { idleConnection, isFinalConnection, nextConnectionState, type ConnectionState } from "./connection-state.ts";
import { openEvents, type EventsSession, type EventsSessionOptions, type Resync } from "./events-session.ts";
import type { Signal } from "@signalbox/catalog/signals";

export interface SharedEventsOptions extends EventsSessionOptions {
  poll: Pick<PollClient, "signals">;
  scope: TabScope;
}

/** What the leading tab says: what it heard, between which cursors, and how its connection stands. */
interface FromLeader {
  after: string | null;
  cursor: string | null;
  signals: Signal[];
  resync: Resync | null;
  state: ConnectionState;
  /** Received so far on the stream, in this tab and those that led before it. */
  bytes: number;
}

/**
 * One events stream for all tabs of a person and workspace. The leading tab holds it and passes on what it hears; each
 * tab has a cursor of its own, and takes what follows it. What a tab missed (it was frozen, or rendered before the leader's
 * position) it reads itself, once, by its cursor; can't it, then everything it shows is read again.
 */
export function openSharedEvents(options: SharedEventsOptions): EventsSession {
  const { scope, poll, workspaceId, clock = systemClock, random = Math.random } = options;
  let cursor = options.after;
  let state = nextConnectionState(idleConnection(clock.now()), { type: "start" }, clock.now());
  let session: EventsSession | null = null;
  /** Of the streams of other tabs, and of this one's before; the stream under way counts for itself. */
  let bytesBefore = 0;
  /** While this tab reads what it missed, what the leader says is held, the newest of it. */
  let catching: { aborter: AbortController; queue: FromLeader[] } | null = null;

  const setState = (next: ConnectionState) => {
    const isNew = next.name !== state.name || next.since !== state.since || !isAlike(next, state);
    state = next;
    if (isNew) options.onState?.(next);
    // Others find out for themselves: who signed out is not always who else is signed in.
    if (isFinalConnection(next)) leave();
  };
  const bytes = () => bytesBefore + (session?.traffic().bytes ?? 0);
  const standing = (): FromLeader => ({
    after: cursor,
    cursor,
    signals: [],
    resync: null,
    state,
    bytes: bytes(),
  });
  const tell = (said: Partial<FromLeader>) => group.send({ ...standing(), ...said } satisfies FromLeader);

  const lead = () => {
    catching?.aborter.abort();
    catching = null;
    let own: EventsSession | null = null;
    const isMine = () => own !== null && session === own;
    own = openEvents({
      ...options,
      after: cursor,
      takePlace: () => takeStreamPlace(scope.tabs, "events"),
      onSignals(batch) {
        tell({ ...batch });
        cursor = batch.cursor;
        options.onSignals(batch);
      },
      onResync(resync) {
        tell({ resync, cursor: resync.cursor });
        cursor = resync.cursor;
        options.onResync(resync);
      },
      onPosition(at) {
        tell({ cursor: at });
        cursor = at;
        options.onPosition?.(at);
      },
      onState(next) {
        if (!isMine()) return;
        setState(next);
        if (!isFinalConnection(next)) tell({});
      },
      clock,
      random,
    });
    session = own;
    setState(own.state());
    const mine = own;
    return () => {
      bytesBefore = bytes();
      session = null;
      mine.stop();
    };
  };

  const follow = (said: FromLeader) => {
    if (!session) bytesBefore = said.bytes;
    if (!catching) return take(said);
    catching.queue.push(said);
    if (catching.queue.length > TAB_QUEUE) catching.queue.shift();
  };

  const take = (said: FromLeader) => {
    if (isFinalConnection(said.state)) return;
    setState(said.state);
    if (said.cursor === null || session) return;
    if (isKnown(said.cursor, cursor)) return;
    if (said.resync) {
      cursor = said.cursor;
      return options.onResync(said.resync);
    }
    if (!isKnown(said.after, cursor) && cursor !== null) return void catchUp(said);
    cursor = said.cursor;
    if (said.signals.length > 0) options.onSignals({ signals: said.signals, cursor: said.cursor });
    else options.onPosition?.(said.cursor);
  };

  /** Reads what lies between this tab's cursor and what the leader has just said. */
  const catchUp = async (missed: FromLeader) => {
    const mine = { aborter: new AbortController(), queue: [missed] };
    catching = mine;
    try {
      const answer = await poll.signals({ workspaceId, after: cursor }, mine.aborter.signal);
      if (catching !== mine) return;
      if (answer === "unchanged") cursor = missed.after;
      else {
        cursor = answer.cursor;
        if (answer.resync) options.onResync({ ...answer.resync, cursor });
        else if (answer.signals.length > 0) options.onSignals({ signals: answer.signals, cursor });
      }
    } catch {
      // It stays unknown: below, what the leader said does not follow the cursor.
    }
    if (catching !== mine) return;
    catching = null;
    const newest = mine.queue.at(-1)?.cursor ?? null;
    if (newest !== null && !isKnown(missed.after, cursor)) {
      cursor = newest;
      options.onResync({ reason: "overflow", spreadMs: RESYNC_SPREAD_MS, cursor: newest });
    }
    for (const said of mine.queue) follow(said);
  };

  const leave = () => {
    catching?.aborter.abort();
    catching = null;
    unwatch();
    group.leave();
  };

  const group = joinTabGroup({
    name: scopeName(scope, `events:${workspaceId}`),
    tabs: scope.tabs,
    lead,
    standing,
    onLeader: (body) => follow(readSaid(body)),
    onFollower: (body) => (body === "woke" ? session?.woke() : session?.nudge()),
    clock,
    random,
  });
  const unwatch = (options.watch ?? watchPage)({
    woke() {
      if (session) return;
      // Its stream is this tab's too: where it gave way to another browser, this one is looked at now.
      group.send("woke");
      group.ask();
    },
    networkLost: () => undefined,
    networkBack: () => undefined,
  });

  return {
    nudge: () => (session ? session.nudge() : group.send("nudge")),
    woke: () => (session ? session.woke() : group.send("woke")),
    state: () => state,
    cursor: () => cursor,
    traffic: () => ({ attempts: session?.traffic().attempts ?? 0, bytes: bytes() }),
    stop() {
      session = null;
      leave();
      state = nextConnectionState(state, { type: "stop" }, clock.now());
      options.onState?.(state);
    },
  };
}

/** Guarantee: only tabs of the same version, person and origin speak on the channel. */
function readSaid(body: unknown): FromLeader {
  return body as FromLeader;
}

/** True when all that was said up to `position` is known to who stands at `cursor`. Of another epoch nothing is. */
function isKnown(position: string | null, cursor: string | null): boolean {
  const [said, own] = [parseCursor(position), parseCursor(cursor)];
  return said !== null && own !== null && said.epoch === own.epoch && said.seq <= own.seq;
}

function isAlike(a: ConnectionState, b: ConnectionState): boolean {
  return JSON.stringify({ ...a, heardAt: 0 }) === JSON.stringify({ ...b, heardAt: 0 });
}
