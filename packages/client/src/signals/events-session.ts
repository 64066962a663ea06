import type { Signal } from "@signalbox/catalog/signals";
import type { EventsFrame } from "@signalbox/catalog/stream-frames";
import { POLL_STATE_MS } from "@signalbox/catalog/timing";
import { systemClock, type Clock, type Stop } from "../clock.ts";
import type { PollClient } from "../polling/poll-client.ts";
import { createPollFallback } from "../polling/poll-fallback.ts";
import { holdStream, type OpenStream, type StreamTraffic } from "../streams/hold-stream.ts";
import type { PageWatch } from "../streams/page-watch.ts";
import { isFinalConnection, type ConnectionState } from "./connection-state.ts";
import { readEventsFrame } from "./read-events-frame.ts";

/** The part of the client that a session uses. */
export interface EventsClient {
  events: {
    subscribe(
      input: { workspaceId: string; delivery?: "latest" | "every"; lastEventId?: string },
      options: Parameters<OpenStream<EventsFrame>>[1],
    ): { unsubscribe(): void };
  };
}

/** Signals in commit order, and the cursor after them. */
export interface SignalBatch {
  signals: Signal[];
  cursor: string;
}

/** The position could not be resumed: read everything again, spread over `spreadMs`, and go on from the cursor. */
export interface Resync {
  reason: string;
  spreadMs: number;
  cursor: string;
}

export interface EventsSessionOptions {
  client: EventsClient;
  /** For the times without a stream. Without it, and with `delivery: "every"`, the stream is retried and nothing else. */
  poll?: Pick<PollClient, "signals"> | undefined;
  workspaceId: string;
  /** The position at which the page was rendered or the service last stopped; null: from now on. */
  after: string | null;
  /** `latest`: one signal per record and batch, the default for sessions. `every`: each one, in commit order. */
  delivery?: "latest" | "every" | undefined;
  /** A signal may come more than once. An error thrown here is reported as uncaught; the stream goes on. */
  onSignals(batch: SignalBatch): void;
  onResync(resync: Resync): void;
  /** The cursor moved and nothing else: signals that are none of this reader's business. */
  onPosition?(cursor: string): void;
  onState?(state: ConnectionState): void;
  takePlace?: (() => Promise<Stop | null>) | undefined;
  clock?: Clock | undefined;
  random?: (() => number) | undefined;
  watch?: PageWatch | undefined;
}

export interface EventsSession {
  /** Ends the stream; nothing is reported afterwards. */
  stop(): void;
  /** Tries again now where it waits. An evicted stream gave way on purpose, and goes on waiting. */
  nudge(): void;
  /** Somebody looks at the page: tries again now, also after an eviction. */
  woke(): void;
  state(): ConnectionState;
  /** The cursor after everything reported so far, or null before the first frame. */
  cursor(): string | null;
  /** Attempts of this tab; bytes of the stream, whichever tab of the browser holds it. */
  traffic(): StreamTraffic;
}

/** Opens and holds the one events subscription of a workspace, and polls for as long as there can't be one. */
export function openEvents(options: EventsSessionOptions): EventsSession {
  const { client, workspaceId, delivery, clock = systemClock, random = Math.random } = options;
  const poll = delivery === "every" ? undefined : options.poll;
  let cursor = options.after;

  const takeSignals = (signals: Signal[], at: string) => {
    const hasMoved = at !== cursor;
    cursor = at;
    if (signals.length > 0) guarded(() => options.onSignals({ signals, cursor: at }));
    else if (hasMoved) guarded(() => options.onPosition?.(at));
  };
  const takeResync = (resync: Resync) => {
    cursor = resync.cursor;
    guarded(() => options.onResync(resync));
  };

  const fallback = createPollFallback({
    everyMs: POLL_STATE_MS,
    ask: poll
      ? async (signal) => {
          const answer = await poll.signals({ workspaceId, after: cursor }, signal);
          // The stream is back, and ahead of this answer.
          if (signal.aborted || answer === "unchanged") return "later";
          const { resync } = answer;
          if (resync) takeResync({ ...resync, cursor: answer.cursor });
          else takeSignals(answer.signals, answer.cursor);
          stream.advance(answer.cursor);
          return "later";
        }
      : null,
    isSilenceDeath: true,
    onState(state) {
      if (isFinalConnection(state)) stream?.stop();
      options.onState?.(state);
    },
    clock,
    random,
  });
  fallback.apply({ type: "start" });

  const stream = holdStream<EventsFrame>({
    open: (lastEventId, handlers) =>
      client.events.subscribe(
        { workspaceId, ...(delivery && { delivery }), ...(lastEventId !== undefined && { lastEventId }) },
        handlers,
      ),
    after: options.after,
    onEvent(event) {
      // An open stream says nothing yet; its first frame does.
      if (event.type !== "opened") fallback.apply(event);
    },
    onFrame({ id, data }) {
      const frame = readEventsFrame(data);
      if (frame?.type === "close") {
        cursor = id;
        return stream.obey(frame.code);
      }
      fallback.apply({ type: "heard" });
      if (frame?.type === "resync") takeResync({ reason: frame.reason, spreadMs: frame.spreadMs, cursor: id });
      else takeSignals(frame?.type === "signals" ? frame.signals : [], id);
    },
    takePlace: options.takePlace,
    clock,
    random,
    watch: options.watch,
  });

  return {
    nudge() {
      const state = fallback.state();
      if (state.name === "polling" && state.cause === "evicted") return;
      stream.nudge();
    },
    woke: () => stream.nudge(),
    state: fallback.state,
    cursor: () => cursor,
    traffic: stream.traffic,
    stop() {
      stream.stop();
      fallback.apply({ type: "stop" });
    },
  };
}

/** A listener's error is its own: it surfaces as uncaught and does not harm the stream. */
function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
