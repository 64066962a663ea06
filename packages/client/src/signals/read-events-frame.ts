import { EventsFrame } from "@signalbox/catalog/stream-frames";
import { Signal } from "@signalbox/catalog/signals";

/** Signals of newer hosts may carry more fields; they are dropped, not refused. */
const TolerantSignal = Signal.strip();

/**
 * A frame as it came off the wire, or null for one that this version doesn't know: it is ignored, its cursor counts.
 * In a batch only the signals that this version's catalog names are kept.
 */
export function readEventsFrame(value: unknown): EventsFrame | null {
  if (isSignalsFrame(value)) {
    return { type: "signals", signals: value.signals.flatMap((signal) => knownSignal(signal)) };
  }
  return EventsFrame.safeParse(value).data ?? null;
}

/** The signal, or nothing for one that this version's catalog does not name. */
export function knownSignal(value: unknown): Signal[] {
  const signal = TolerantSignal.safeParse(value);
  return signal.success ? [signal.data] : [];
}

function isSignalsFrame(value: unknown): value is { type: "signals"; signals: unknown[] } {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    value.type === "signals" &&
    "signals" in value &&
    Array.isArray(value.signals)
  );
}
