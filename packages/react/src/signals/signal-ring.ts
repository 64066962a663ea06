import { MAILBOX_SLOTS } from "@signalbox/catalog/bounds";
import { parseCursor } from "@signalbox/catalog/cursor";
import type { Signal } from "@signalbox/catalog/signals";

/**
 * The newest signals that this tab has heard, so that data rendered on the server at an earlier position can be checked
 * against them when it comes into the cache. Bounded: older ones are forgotten, and then `after` says so.
 */
export interface SignalRing {
  add(batch: { signals: readonly Signal[]; cursor: string }): void;
  /** Everything heard before is void: the position could not be resumed. */
  reset(cursor: string): void;
  /** The signals heard after a position, or null when the ring does not reach back to it: anything may have changed. */
  after(position: string): Signal[] | null;
}

export function createSignalRing(start: string | null, capacity = MAILBOX_SLOTS): SignalRing {
  let batches: { signals: readonly Signal[]; epoch: number; seq: number }[] = [];
  let size = 0;
  /** Everything after this is held; null before the first position is known. */
  let floor = parseCursor(start);

  return {
    add({ signals, cursor }) {
      const at = parseCursor(cursor);
      if (!at) return;
      batches.push({ signals, ...at });
      size += signals.length;
      while (size > capacity) {
        const oldest = batches.shift();
        if (!oldest) return;
        size -= oldest.signals.length;
        floor = { epoch: oldest.epoch, seq: oldest.seq };
      }
    },
    reset(cursor) {
      batches = [];
      size = 0;
      floor = parseCursor(cursor);
    },
    after(position) {
      const at = parseCursor(position);
      if (!at || !floor || at.epoch !== floor.epoch || at.seq < floor.seq) return null;
      return batches.filter(({ seq }) => seq > at.seq).flatMap(({ signals }) => signals);
    },
  };
}
