/** The bytes of one batch of signals for one kind of listener: what they hear of it, conflated for screens, serialised once. */
import { formatCursor } from "@signalbox/catalog/cursor";
import type { Signal } from "@signalbox/catalog/signals";
import { RESYNC_SPREAD_MS } from "@signalbox/catalog/timing";
import type { Row } from "../log/tail.ts";
import { sseChunk, type SseChunk } from "../streams/sse-chunk.ts";
import { matchesTopics, mayHear, type Listener } from "./audience.ts";
import { Conflation } from "./conflate.ts";
import type { EventsFormat } from "./events-format.ts";
import type { ListenerGroup } from "./events-listener.ts";

export interface Batch {
  rows: readonly Row<Signal>[];
  /** Where its readers then stand. */
  position: number;
  epoch: number;
}

/** Null: nothing of it is for this listener. */
export function renderBatch(
  { format, delivery, topics }: Pick<ListenerGroup, "format" | "delivery" | "topics">,
  listener: Listener,
  { rows, position, epoch }: Batch,
): SseChunk | null {
  const heard = rows.filter(({ value }) => mayHear(listener, value) && matchesTopics(topics, value));
  if (heard.length === 0) return null;
  if (delivery === "every") return sseChunk(format.signals(epoch, { signals: heard, position }));
  const newest = new Conflation();
  for (const row of heard) newest.add(row);
  if (newest.isOverfull) return renderResync(format, { reason: "overflow", position, epoch });
  return sseChunk(format.signals(epoch, { signals: newest.rows(), position }));
}

export type ResyncReason = "unknown-cursor" | "pruned" | "overflow";

export function resyncText(
  format: EventsFormat,
  { reason, position, epoch }: { reason: ResyncReason; position: number; epoch: number },
): string {
  const cursor = formatCursor({ epoch, seq: position });
  return format.frame(cursor, { type: "resync", reason, spreadMs: RESYNC_SPREAD_MS });
}

export function renderResync(
  format: EventsFormat,
  resync: { reason: ResyncReason; position: number; epoch: number },
): SseChunk {
  return sseChunk(resyncText(format, resync));
}
