import { CLOSE_CODES, type CloseCode } from "@signalbox/catalog/stream-frames";
import { EVICTED_WAIT_MS } from "@signalbox/catalog/timing";
import type { TRPCProcedureOptions } from "@trpc/client";
import type { Clock, Stop } from "../clock.ts";
import { withLedger } from "../links.ts";
import { watchPage, type PageWatch } from "./page-watch.ts";
import { createReconnectLedger } from "./reconnect-ledger.ts";
import { verdictOf } from "./stream-refused.ts";

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
  | { type: "dropped" }
  | { type: "evicted" }
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
  clock: Clock;
  random: () => number;
  watch?: PageWatch | undefined;
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

  const leave = () => {
    generation += 1;
    cancelWait();
    subscription?.unsubscribe();
    subscription = null;
  };
  const finish = (event: StreamEvent) => {
    leave();
    state = "ended";
    unwatch();
    options.onEvent(event);
  };
  const enter = () => {
    leave();
    state = "open";
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
        else if (link === "connecting" && error) options.onEvent({ type: "dropped" });
      }),
      onStopped: ifMine(() => (options.onServerEnd ?? again)()),
      onError: ifMine((error) => {
        const verdict = verdictOf(error);
        if (verdict === "retry") again();
        else finish({ type: verdict });
      }),
    });
  };
  const again = () => {
    ledger.dropped({ openForMs: 0 });
    options.onEvent({ type: "dropped" });
    // Not within the callback of the subscription that just ended.
    if (state === "open") queueMicrotask(() => state === "open" && enter());
  };
  const waitForTurn = () => {
    leave();
    state = "waiting";
    cancelWait = clock.after(EVICTED_WAIT_MS, enter);
    options.onEvent({ type: "evicted" });
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
    stop() {
      if (state === "ended") return;
      state = "ended";
      leave();
      unwatch();
    },
    obey(code) {
      switch (CLOSE_CODES[code]) {
        case "reconnect":
          return ledger.reconnect({ isExpected: code === "expired" });
        case "wait":
          return waitForTurn();
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
  };
}
