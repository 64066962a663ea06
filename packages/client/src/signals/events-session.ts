import type { Signal } from "@signalbox/catalog/signals";
import type { EventsFrame } from "@signalbox/catalog/stream-frames";
import { SILENCE_BEFORE_RECONNECT_MS } from "@signalbox/catalog/timing";
import { systemClock, type Clock, type Stop } from "../clock.ts";
import { holdStream, type OpenStream } from "../streams/hold-stream.ts";
import type { PageWatch } from "../streams/page-watch.ts";
import {
  nextConnectionState,
  startConnecting,
  type ConnectionEvent,
  type ConnectionState,
} from "./connection-state.ts";
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

export interface EventsSessionOptions {
  client: EventsClient;
  workspaceId: string;
  /** The position at which the page was rendered or the service last stopped; null: from now on. */
  after: string | null;
  /** `latest`: one signal per record and batch, the default for sessions. `every`: each one, in commit order. */
  delivery?: "latest" | "every" | undefined;
  /** Signals in commit order, and the cursor after them. An error thrown here is reported as uncaught; the stream goes on. */
  onSignals(batch: { signals: Signal[]; cursor: string }): void;
  /** The position could not be resumed: read everything again, spread over `spreadMs`. The session goes on from the new one. */
  onResync(resync: { reason: string; spreadMs: number; cursor: string }): void;
  onState?(state: ConnectionState): void;
  clock?: Clock | undefined;
  random?: (() => number) | undefined;
  watch?: PageWatch | undefined;
}

export interface EventsSession {
  /** Ends the stream; nothing is reported afterwards. */
  stop(): void;
  /** Tries again now where it waits. */
  nudge(): void;
  state(): ConnectionState;
  /** The cursor after everything reported so far, or null before the first frame. */
  cursor(): string | null;
}

/** Opens and holds the one events subscription of a workspace. */
export function openEvents(options: EventsSessionOptions): EventsSession {
  const { client, workspaceId, delivery, clock = systemClock, random = Math.random } = options;
  let state = startConnecting(clock.now());
  let cursor = options.after;
  let cancelSilence: Stop = () => undefined;

  const apply = (event: ConnectionEvent) => {
    const before = state;
    state = nextConnectionState(state, event, clock.now());
    if (state === before) return;
    armSilence();
    // `heardAt` moves with every frame; observers are told of what they show differently.
    if (state.name !== before.name || state.since !== before.since) options.onState?.(state);
  };
  const armSilence = () => {
    cancelSilence();
    if (state.name === "stopped" || state.name === "signed-out" || state.name === "offline") return;
    const wait = Math.max(0, state.heardAt + SILENCE_BEFORE_RECONNECT_MS - clock.now());
    cancelSilence = clock.after(wait, () => apply({ type: "too-long" }));
  };
  armSilence();

  const stream = holdStream<EventsFrame>({
    open: (lastEventId, handlers) =>
      client.events.subscribe(
        { workspaceId, ...(delivery && { delivery }), ...(lastEventId !== undefined && { lastEventId }) },
        handlers,
      ),
    after: options.after,
    onEvent(event) {
      // An open stream says nothing yet; its first frame does.
      if (event.type !== "opened") apply(event);
    },
    onFrame({ id, data }) {
      cursor = id;
      const frame = readEventsFrame(data);
      if (frame?.type === "close") return stream.obey(frame.code);
      apply({ type: "heard" });
      if (frame?.type === "signals" && frame.signals.length > 0) {
        const { signals } = frame;
        guarded(() => options.onSignals({ signals, cursor: id }));
      }
      if (frame?.type === "resync") {
        const { reason, spreadMs } = frame;
        guarded(() => options.onResync({ reason, spreadMs, cursor: id }));
      }
    },
    clock,
    random,
    watch: options.watch,
  });

  return {
    nudge: () => stream.nudge(),
    state: () => state,
    cursor: () => cursor,
    stop() {
      stream.stop();
      apply({ type: "stop" });
      cancelSilence();
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
