/**
 * One connection's stream of signals, as frames with their cursors. A cursor never moves ahead of what it stands for:
 * a frame's cursor is the position up to which the reader has everything, and a resync carries its own.
 */
import { MAILBOX_SLOTS, SIGNAL_RING } from "@signalbox/catalog/bounds";
import { formatCursor, parseCursor } from "@signalbox/catalog/cursor";
import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import type { CloseCode, EventsFrame } from "@signalbox/catalog/stream-frames";
import type { Signal } from "@signalbox/catalog/signals";
import { HEARTBEAT_MS, RESYNC_SPREAD_MS, SIGNAL_WINDOW_MS } from "@signalbox/catalog/timing";
import type { TailReader } from "../log/tail.ts";
import { closeCodeOf, type StreamSlot } from "../streams/admission.ts";
import { comeBack, pause, withDeadline } from "../streams/pause.ts";
import { concernsAccess, matchesTopics, mayHear, type Listener, type Topic } from "./audience.ts";
import { Conflation } from "./conflate.ts";
import type { Signals } from "./signals.ts";

/** `latest`: newest per record, for screens. `every`: each signal at least once, in commit order. */
export type Delivery = "latest" | "every";

export interface EventsRequest {
  listener: Listener;
  delivery: Delivery;
  topics: readonly Topic[] | null;
  lastEventId: string | undefined;
  /** Aborts when the client is gone. */
  gone: AbortSignal;
  slot: StreamSlot;
  /** Whether the listener may still hear this workspace; asked on heartbeats and when its access changed. */
  recheck(): Promise<CloseCode | null>;
}

export interface Tracked<Frame> {
  cursor: string;
  frame: Frame;
}

/** Never a known position: a connection that drops between hello and resync meets the resync again. */
export const NOWHERE = "0.0";

/** `isAccessChange`: what the listener itself may hear was changed, whether its topics name that or not. */
type Batch = { kind: "signals"; signals: Signal[]; isAccessChange: boolean } | { kind: "overflow"; head: number };

export async function* streamEvents(signals: Signals, request: EventsRequest): AsyncGenerator<Tracked<EventsFrame>> {
  const { listener, gone, slot } = request;
  const given = parseCursor(request.lastEventId);
  const joined = await signals.tail.join(listener.workspaceId, given ? given.seq : "head");
  if (!joined) {
    yield { cursor: NOWHERE, frame: { type: "close", code: "not-found" } };
    return;
  }
  const { reader } = joined;
  const epoch = signals.epoch();
  const at = (seq: number) => formatCursor({ epoch, seq });
  const resync = (reason: "unknown-cursor" | "pruned" | "overflow", head = 0): Tracked<EventsFrame> => {
    reader.moveTo(Math.max(reader.head, head));
    return { cursor: at(reader.position), frame: { type: "resync", reason, spreadMs: RESYNC_SPREAD_MS } };
  };
  try {
    const isUnknown = request.lastEventId !== undefined && (!given || given.epoch !== epoch || given.seq > joined.head);
    const isPruned = !isUnknown && given !== null && given.seq < joined.floor;
    yield {
      cursor: isUnknown || isPruned ? NOWHERE : at(reader.position),
      frame: { type: "hello", serverTime: Date.now(), heartbeatMs: HEARTBEAT_MS, protocol: PROTOCOL_VERSION },
    };
    if (isUnknown) yield resync("unknown-cursor", joined.head);
    else if (isPruned) yield resync("pruned", joined.head);

    // A wall clock may jump; a heartbeat must not wait for it.
    let sentAt = performance.now();
    let checkedAt = sentAt;
    while (!gone.aborted) {
      if (slot.closing.aborted) return yield* close(at(reader.position), closeCodeOf(slot));
      const batch = await takeBatch(reader, request);
      const isSilent = batch.kind === "signals" && batch.signals.length === 0;
      const now = performance.now();
      // Also while it is never silent: a session that ended says so by no signal.
      if (batch.kind === "overflow" || batch.isAccessChange || now - checkedAt >= HEARTBEAT_MS) {
        const code = await request.recheck();
        if (code) return yield* close(at(reader.position), code);
        checkedAt = now;
      }
      if (batch.kind === "overflow") yield resync("overflow", batch.head);
      else if (!isSilent) {
        yield { cursor: at(reader.position), frame: { type: "signals", signals: batch.signals } };
      } else if (now - sentAt >= HEARTBEAT_MS) {
        yield { cursor: at(reader.position), frame: { type: "position" } };
      } else {
        await withDeadline(sentAt + HEARTBEAT_MS - now, [gone, slot.closing], (signal) => reader.wait(signal));
        // The first signal left at once; what follows gathers for a window.
        const rest = sentAt + SIGNAL_WINDOW_MS - performance.now();
        if (rest > 0) await pause(rest, gone, slot.closing);
        continue;
      }
      sentAt = performance.now();
    }
  } finally {
    reader.leave();
  }
}

async function* close(cursor: string, code: CloseCode): AsyncGenerator<Tracked<EventsFrame>> {
  yield { cursor, frame: { type: "close", code } };
  throw comeBack();
}

async function takeBatch(reader: TailReader<Signal>, request: EventsRequest): Promise<Batch> {
  const { listener, topics, delivery } = request;
  const hears = (signal: Signal) => mayHear(listener, signal) && matchesTopics(topics, signal);
  let isAccessChange = false;
  const newest = new Conflation();
  if (delivery === "latest" && reader.head - reader.position > SIGNAL_RING)
    return { kind: "overflow", head: reader.head };
  for (;;) {
    const taken = await reader.take(MAILBOX_SLOTS);
    if (taken.kind === "lost") return { kind: "overflow", head: taken.head };
    const signals = taken.rows.map((row) => row.value);
    isAccessChange ||= signals.some((signal) => concernsAccess(signal, listener.personId));
    if (delivery === "every") return { kind: "signals", signals: signals.filter(hears), isAccessChange };
    if (signals.length === 0) {
      return { kind: "signals", signals: newest.rows().map((row) => row.value), isAccessChange };
    }
    for (const row of taken.rows) if (hears(row.value)) newest.add(row);
    if (newest.isOverfull) return { kind: "overflow", head: reader.head };
  }
}
