import { parseCursor } from "@signalbox/catalog/cursor";
import { PANEL_MAX_WAIT_MS } from "@signalbox/catalog/timing";
import type { Clock } from "@signalbox/client/clock";

/**
 * Tells the echo of this page's own mutation from somebody else's change to the same record: a signal frame that is not
 * beyond the position of the mutation's answer says nothing that the answer did not. Without a position every signal counts.
 */
export interface OwnWrites {
  began(id: string): void;
  /** `position` is null where the write failed or its host did not tell. */
  ended(id: string, position: string | null): void;
  /**
   * Calls `isNews` unless the signal turns out to be an echo; while a write of the record is under way, only after that
   * has ended, or after a second.
   */
  decide(id: string, cursor: string, isNews: () => void): void;
  stop(): void;
}

/** Records whose last own position is remembered; older ones are read once more than needed. */
const REMEMBERED = 200;

export function createOwnWrites(clock: Clock): OwnWrites {
  const positions = new Map<string, string>();
  const underWay = new Map<string, { count: number; waiting: Set<() => void> }>();

  const isEcho = (id: string, cursor: string) => {
    const own = parseCursor(positions.get(id));
    const at = parseCursor(cursor);
    return own !== null && at !== null && own.epoch === at.epoch && at.seq <= own.seq;
  };
  return {
    began(id) {
      const write = underWay.get(id) ?? { count: 0, waiting: new Set() };
      write.count += 1;
      underWay.set(id, write);
    },
    ended(id, position) {
      if (position !== null) {
        positions.delete(id);
        positions.set(id, position);
        const oldest = positions.keys().next();
        if (positions.size > REMEMBERED && !oldest.done) positions.delete(oldest.value);
      }
      const write = underWay.get(id);
      if (!write) return;
      write.count -= 1;
      if (write.count > 0) return;
      underWay.delete(id);
      for (const decide of write.waiting) decide();
    },
    decide(id, cursor, isNews) {
      const write = underWay.get(id);
      if (isEcho(id, cursor)) return;
      if (!write) return isNews();
      const cancel = clock.after(PANEL_MAX_WAIT_MS, () => settle());
      const settle = () => {
        cancel();
        write.waiting.delete(settle);
        if (!isEcho(id, cursor)) isNews();
      };
      write.waiting.add(settle);
    },
    stop() {
      for (const { waiting } of underWay.values()) waiting.clear();
      underWay.clear();
    },
  };
}
