import { CLOSE_CODES, type CloseCode } from "@signalbox/catalog/stream-frames";
import { EVICTED_WAIT_MS, POLL_STATE_MS } from "@signalbox/catalog/timing";
import type { TRPCProcedureOptions } from "@trpc/client";
import type { Clock, Stop } from "../clock.ts";
import { withLedger } from "../links.ts";
import { watchPage, type PageWatch } from "./page-watch.ts";
import { createReconnectLedger } from "./reconnect-ledger.ts";
import { statusOf, verdictOf } from "./stream-refused.ts";

/** What a tRPC subscription reports; the part of its callbacks that a held stream uses. */
export interface StreamHandlers<Frame> {
  onData(frame: { id: string; data: Frame }): void;
  onError(error: unknown): void;
  onConnectionStateChange(state: { state: "idle" | "connecting" | "pending"; error: unknown }): void;
  onStopped(): void;
}

/** `client.events.subscribe` and `client.turn.subscribe` with their input but for `lastEventId`. */
export type OpenStream<Frame> = (
  lastEventId: string | undefined,
  options: StreamHandlers<Frame> & Pick<TRPCProcedureOptions, "context">,
) => { unsubscribe(): void };

/** What happens to a held stream. `signed-out` and `gone` are final. */
export type StreamEvent =
  /** The stream is up; frames follow, maybe not at once. */
  | { type: "opened" }
  /** `failures`: attempts that failed since the last healthy connection. */
  | { type: "dropped"; failures: number }
  /** The host takes no stream now: 429 or 503. */
  | { type: "refused" }
  | { type: "evicted" }
  /** This browser holds as many streams as it may. */
  | { type: "crowded" }
  | { type: "signed-out" }
  | { type: "gone" }
  | { type: "network-lost" }
  | { type: "network-back" };

export interface HoldStreamOptions<Frame> {
  open: OpenStream<Frame>;
  /** Cursor to start after, or null for the server's choice. */
  after: string | null;
  onFrame(frame: { id: string; data: Frame }): void;
  onEvent(event: StreamEvent): void;
  /** The server ended the stream by itself. Default: that is a drop, and the stream is opened again. */
  onServerEnd?: (() => void) | undefined;
  /** Takes one of the browser's places for streams; resolves to its return, or null when there is none. */
  takePlace?: (() => Promise<Stop | null>) | undefined;
  clock: Clock;
  random: () => number;
  watch?: PageWatch | undefined;
}

/** Attempts and bytes of a stream so far. */
export interface StreamTraffic {
  attempts: number;
  bytes: number;
}

export interface HeldStream {
  /** Ends it; nothing is reported afterwards. */
  stop(): void;
  /** Tries again now where it waits, and finds out about a dead connection. */
  nudge(): void;
  /** What the close code of a frame asks for. */
  obey(code: CloseCode): void;
  /** Drops the connection and resumes after this cursor, by the ladder of back-offs. */
  resumeFrom(cursor: string | undefined): void;
  /** What came in on another way: the next attempt resumes after this cursor. */
  advance(cursor: string): void;
  traffic(): StreamTraffic;
}

/**
 * Keeps one subscription open: over drops, refusals that pass, evictions and the server's ends, until it is stopped or
 * finally refused. It knows no frame but hands each on; positions are its holder's.
 */
export function holdStream<Frame>(options: HoldStreamOptions<Frame>): HeldStream {
  const { clock } = options;
  const ledger = createReconnectLedger(options);
  let cursor = options.after ?? undefined;
  let state: "open" | "waiting" | "ended" = "open";
  let generation = 0;
  let subscription: { unsubscribe(): void } | null = null;
  let cancelWait: Stop = () => undefined;
  let leavePlace: Stop | null = null;

  const leave = () => {
    generation += 1;
    cancelWait();
    subscription?.unsubscribe();
    subscription = null;
  };
  const vacate = () => {
    leave();
    leavePlace?.();
    leavePlace = null;
  };
  const finish = (event: StreamEvent) => {
    vacate();
    state = "ended";
    unwatch();
    options.onEvent(event);
  };
  const enter = () => {
    leave();
    state = "open";
    if (options.takePlace && !leavePlace) void enterWithPlace(options.takePlace);
    else subscribe();
  };
  const enterWithPlace = async (takePlace: () => Promise<Stop | null>) => {
    const mine = generation;
    const taken = await takePlace();
    if (mine !== generation || state !== "open") return taken?.();
    leavePlace = taken;
    if (taken) subscribe();
    else waitFor("crowded", POLL_STATE_MS);
  };
  const subscribe = () => {
    const mine = generation;
    const ifMine =
      <A extends unknown[]>(run: (...args: A) => void) =>
      (...args: A) => {
        if (mine === generation) run(...args);
      };
    subscription = options.open(cursor, {
      ...withLedger(ledger),
      onData: ifMine((frame) => {
        cursor = frame.id;
        options.onFrame(frame);
      }),
      onConnectionStateChange: ifMine(({ state: link, error }) => {
        if (link === "pending") options.onEvent({ type: "opened" });
        else if (link === "connecting" && error) options.onEvent(dropOf(error));
      }),
      onStopped: ifMine(() => (options.onServerEnd ?? (() => again(null)))()),
      onError: ifMine((error) => {
        const verdict = verdictOf(error);
        if (verdict === "retry") again(error);
        else finish({ type: verdict });
      }),
    });
  };
  const dropOf = (error: unknown): StreamEvent => {
    const status = statusOf(error);
    return status === 429 || status === 503 ? { type: "refused" } : { type: "dropped", failures: ledger.failures };
  };
  const again = (error: unknown) => {
    ledger.dropped({ openForMs: 0 });
    options.onEvent(dropOf(error));
    // Not within the callback of the subscription that just ended.
    if (state === "open") queueMicrotask(() => state === "open" && enter());
  };
  const waitFor = (why: "evicted" | "crowded", ms: number) => {
    vacate();
    state = "waiting";
    cancelWait = clock.after(ms, enter);
    options.onEvent({ type: why });
  };
  const nudge = () => {
    if (state === "waiting") enter();
    else if (state === "open") ledger.nudge();
  };
  const unwatch = (options.watch ?? watchPage)({
    woke: nudge,
    networkLost: () => options.onEvent({ type: "network-lost" }),
    networkBack: () => options.onEvent({ type: "network-back" }),
  });
  enter();

  return {
    nudge,
    traffic: () => ({ ...ledger.traffic }),
    stop() {
      if (state === "ended") return;
      state = "ended";
      vacate();
      unwatch();
    },
    obey(code) {
      switch (CLOSE_CODES[code]) {
        case "reconnect":
          if (code === "draining") ledger.hostLeaves();
          return ledger.reconnect({ isExpected: code === "expired" });
        case "wait":
          return waitFor("evicted", EVICTED_WAIT_MS);
        case "stop":
          return finish({ type: code === "signed-out" ? "signed-out" : "gone" });
        default:
          return;
      }
    },
    resumeFrom(from) {
      if (state === "ended") return;
      cursor = from;
      ledger.dropped({ openForMs: 0 });
      enter();
    },
    advance(to) {
      cursor = to;
      // An attempt under way is left alone: it may be the one that succeeds, and it only repeats what is known.
      if (state === "open" && ledger.isWaiting) enter();
    },
  };
}
