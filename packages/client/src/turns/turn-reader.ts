import { parseCursor } from "@signalbox/catalog/cursor";
import { CLOSE_CODES, type CloseCode, type TurnFrame } from "@signalbox/catalog/stream-frames";
import { FRAME_MS } from "@signalbox/catalog/timing";
import type { TurnOutcome } from "@signalbox/catalog/turn-entry";
import { emptyTurnView, type TurnView } from "@signalbox/catalog/turn-view";
import { systemClock, type Clock, type Stop } from "../clock.ts";
import { holdStream, type HeldStream, type HoldStreamOptions, type OpenStream } from "../streams/hold-stream.ts";
import type { PageWatch } from "../streams/page-watch.ts";
import { createReconnectLedger } from "../streams/reconnect-ledger.ts";
import { verdictOf } from "../streams/stream-refused.ts";
import { takeFrame } from "./turn-position.ts";
import { isFinalTurnState, nextTurnState, type TurnEvent, type TurnState } from "./turn-state.ts";

/** What a component shows. A new object for each change, the same one in between. */
export interface TurnSnapshot {
  state: TurnState;
  view: TurnView;
  /** The last entry folded into the view, from 0. */
  seq: number;
  /** Null while the turn runs. `cancelled` belongs to the state completed. */
  outcome: TurnOutcome | null;
  /** Since when the stream is down, epoch milliseconds; null while it is up or the turn is over. */
  downSince: number | null;
  /** The turn may not be read (any more); nothing follows. */
  refused: "signed-out" | "gone" | null;
}

/** The part of `turn.get`'s answer that a reader starts from. */
export interface TurnRecord {
  status: "queued" | "streaming" | "completed" | "failed";
  outcome: TurnOutcome | null;
  /** Where the view stands in the log. */
  cursor: string | null;
  view: TurnView;
}

export interface TurnReaderOptions {
  turnId: string;
  /** Opens the subscription `turn`. */
  open: OpenStream<TurnFrame>;
  /** Keeps the subscription: alone, with polling behind it, or shared with other tabs. Default: alone, without polling. */
  hold?: ((options: HoldStreamOptions<TurnFrame>) => HeldStream) | undefined;
  /** Reads `turn.get`: after a resync to the record. */
  load(signal: AbortSignal): Promise<TurnRecord>;
  /** A record that was read before, by the server that rendered the page. */
  initial?: TurnRecord | undefined;
  /** Calls `run` at the next moment to draw. Default: animation frame, or 16 ms. */
  onFrame?: ((run: () => void) => Stop) | undefined;
  clock?: Clock | undefined;
  random?: (() => number) | undefined;
  watch?: PageWatch | undefined;
}

/** An external store of one turn, in the shape of React's `useSyncExternalStore`. */
export interface TurnReader {
  subscribe(listener: () => void): Stop;
  snapshot(): TurnSnapshot;
  /** Opens the stream, unless the turn is over. After a stop it goes on from where it stood. */
  start(): void;
  /** Stops reading. The turn itself goes on: stopping that is `turn.stop`. */
  stop(): void;
}

export function createTurnReader(options: TurnReaderOptions): TurnReader {
  const { clock = systemClock, random = Math.random, onFrame = drawFrame(clock) } = options;
  const reloads = createReconnectLedger({ clock, random });
  const listeners = new Set<() => void>();
  let current = snapshotOf(options.initial);
  let shown = current;
  let cursor = options.initial?.cursor ?? null;
  let stream: HeldStream | null = null;
  let loading: AbortController | null = null;
  let cancelDraw: Stop | null = null;

  const draw = () => {
    cancelDraw = null;
    if (shown === current) return;
    shown = current;
    for (const listener of listeners) listener();
  };
  const change = (event: TurnEvent | null, changes: Partial<TurnSnapshot>) => {
    const state = event ? nextTurnState(current.state, event) : current.state;
    const downSince = state === "reconnecting" ? (current.downSince ?? clock.now()) : null;
    current = { ...current, ...changes, state, downSince };
    cancelDraw ??= onFrame(draw);
  };
  const leave = () => {
    stream?.stop();
    stream = null;
    loading?.abort();
    loading = null;
  };

  const takeEntries = (id: string, frame: Extract<TurnFrame, { type: "entries" }>) => {
    const taken = takeFrame(current, frame);
    if (taken === "repeat") return;
    if (taken === "gap") {
      change("dropped", {});
      return stream?.resumeFrom(cursor ?? undefined);
    }
    cursor = id;
    const { end } = taken.view;
    if (!end) return change("advanced", taken);
    // The single terminal marker: nothing follows it, so nothing is ever reopened.
    leave();
    change(end.outcome === "failed" ? "ended-failed" : "ended-well", { ...taken, outcome: end.outcome });
  };

  const takeClose = (code: CloseCode) => {
    if (CLOSE_CODES[code] !== "stop") change("dropped", {});
    stream?.obey(code);
  };

  const startFresh = (id: string, from: "start" | "record") => {
    cursor = id;
    change("lost", { view: emptyTurnView(), seq: parseCursor(id)?.seq ?? 0 });
    if (from === "record") void loadRecord();
  };

  const loadRecord = async () => {
    leave();
    const aborter = new AbortController();
    loading = aborter;
    while (!aborter.signal.aborted) {
      await pause(clock, reloads.nextAttemptAt - clock.now(), aborter.signal);
      if (aborter.signal.aborted) return;
      // Counted whether it succeeds or not: a stream that ends at once after each load must not become a hot loop.
      reloads.dropped({ openForMs: 0 });
      try {
        const record = await options.load(aborter.signal);
        if (aborter.signal.aborted) return;
        loading = null;
        cursor = record.cursor;
        const { state, ...rest } = snapshotOf(record);
        if (isFinalTurnState(state)) return change(state === "failed" ? "ended-failed" : "ended-well", rest);
        change("advanced", rest);
        return enter();
      } catch (error) {
        if (aborter.signal.aborted) return;
        const verdict = verdictOf(error);
        if (verdict !== "retry") return change(null, { refused: verdict });
      }
    }
  };

  const enter = () => {
    stream = (options.hold ?? holdStream<TurnFrame>)({
      open: options.open,
      after: cursor,
      onFrame({ id, data }) {
        if (data.type === "entries") takeEntries(id, data);
        else if (data.type === "resync") startFresh(id, data.from);
        else if (data.type === "close") takeClose(data.code);
      },
      onEvent({ type }) {
        if (type === "opened") change("opened", {});
        else if (type === "dropped" || type === "network-lost" || type === "evicted") change("dropped", {});
        else if (type === "signed-out" || type === "gone") change("dropped", { refused: type });
      },
      // Over, and its end was not in what was left of the log: the record has it.
      onServerEnd: () => void loadRecord(),
      clock,
      random,
      watch: options.watch,
    });
  };

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot: () => shown,
    start() {
      if (stream || loading || current.refused || isFinalTurnState(current.state)) return;
      if (current.state === "resync") void loadRecord();
      else enter();
    },
    stop() {
      leave();
      cancelDraw?.();
      cancelDraw = null;
      shown = current;
    },
  };
}

function snapshotOf(record: TurnRecord | undefined): TurnSnapshot {
  if (!record) {
    return { state: "streaming", view: emptyTurnView(), seq: 0, outcome: null, downSince: null, refused: null };
  }
  const { status, outcome, view, cursor } = record;
  const state = status === "completed" || status === "failed" ? status : "streaming";
  return { state, view, seq: parseCursor(cursor)?.seq ?? 0, outcome, downSince: null, refused: null };
}

/** A page in the background draws no frames, and its text must still arrive: then a timer stands in. */
function drawFrame(clock: Clock): (run: () => void) => Stop {
  return (run) => {
    if (typeof requestAnimationFrame === "undefined" || document.visibilityState !== "visible") {
      return clock.after(FRAME_MS, run);
    }
    const handle = requestAnimationFrame(run);
    return () => cancelAnimationFrame(handle);
  };
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(Math.max(0, ms), resolve);
    signal.addEventListener(
      "abort",
      () => {
        cancel();
        resolve();
      },
      { once: true },
    );
  });
}
