/** How long signals gather before they leave as one batch: longer while that spares most of them, never long enough to be seen. */
import { SIGNAL_WINDOW_MAX_MS, SIGNAL_WINDOW_MS } from "@signalbox/catalog/timing";

/** Signals per record in a batch from which on a longer window is worth its delay. */
const WORTHWHILE = 2;

/** The window after a batch that had so many signals, about so many records, and came after a window of `before`. */
export function nextWindow(before: number, batch: { signals: number; records: number }): number {
  return batch.signals >= WORTHWHILE * batch.records ? Math.min(2 * before, SIGNAL_WINDOW_MAX_MS) : SIGNAL_WINDOW_MS;
}
