import { INSPECTOR_EVENTS, MAILBOX_SLOTS } from "@signalbox/catalog/bounds";
import type { SignalName } from "@signalbox/catalog/signals";
import { systemClock, type Clock, type Stop } from "../clock.ts";
import type { ConnectionState } from "../signals/connection-state.ts";

/** What an open inspector has seen, newest last. Times are epoch milliseconds, durations milliseconds. */
export type InspectorEvent = { at: number } & (
  | { type: "connection"; state: ConnectionState }
  /** `latencyMs`: from the commit, by the host's clock, to here, by this machine's. */
  | {
      type: "signals";
      cursor: string;
      signals: { name: SignalName; ids: Readonly<Record<string, string>>; latencyMs: number }[];
    }
  | { type: "resync"; reason: string; spreadMs: number; cursor: string }
  /** One read, and everything since the last one of its key that asked for it. */
  | {
      type: "read";
      label: string;
      outcome: "ok" | "failed" | "given-up";
      tookMs: number;
      because: string[];
      asked: number;
    }
);
/** Distributes over the kinds of events: what is left of each without its time. */
type WithoutTime<E> = E extends unknown ? Omit<E, "at"> : never;

export interface InspectorSnapshot {
  isOpen: boolean;
  events: readonly InspectorEvent[];
  /** Events that were dropped because there were more than an inspector holds. */
  dropped: number;
}

/**
 * Watches the live parts of a page while somebody looks, and costs nothing while nobody does: a closed one holds nothing,
 * and what would be recorded is not even made.
 */
export interface Inspector {
  readonly isOpen: boolean;
  open(): void;
  /** Forgets everything. */
  close(): void;
  record(make: () => WithoutTime<InspectorEvent>): void;
  /** Something asked for a read of this key. */
  asked(key: string, why: () => string): void;
  /** What asked for the read of this key that begins now; forgotten by this. */
  takeReasons(key: string): { because: string[]; asked: number };
  subscribe(listener: () => void): Stop;
  /** The same object until something changed. */
  snapshot(): InspectorSnapshot;
}

/** Different reasons that are kept of one read; further ones are counted. */
const REASONS = 8;
const CLOSED: InspectorSnapshot = { isOpen: false, events: [], dropped: 0 };

export function createInspector({ clock = systemClock }: { clock?: Clock } = {}): Inspector {
  const listeners = new Set<() => void>();
  const reasons = new Map<string, { because: Set<string>; asked: number }>();
  let current = CLOSED;

  const change = (next: InspectorSnapshot) => {
    current = next;
    for (const listener of listeners) listener();
  };
  return {
    get isOpen() {
      return current.isOpen;
    },
    open() {
      if (!current.isOpen) change({ ...CLOSED, isOpen: true });
    },
    close() {
      reasons.clear();
      if (current.isOpen) change(CLOSED);
    },
    record(make) {
      if (!current.isOpen) return;
      const events = [...current.events, { ...make(), at: clock.now() }];
      const excess = Math.max(0, events.length - INSPECTOR_EVENTS);
      change({ isOpen: true, events: events.slice(excess), dropped: current.dropped + excess });
    },
    asked(key, why) {
      if (!current.isOpen) return;
      const known = reasons.get(key) ?? { because: new Set(), asked: 0 };
      known.asked += 1;
      if (known.because.size < REASONS) known.because.add(why());
      reasons.set(key, known);
      const [oldest] = reasons.keys();
      if (reasons.size > MAILBOX_SLOTS && oldest !== undefined) reasons.delete(oldest);
    },
    takeReasons(key) {
      const known = reasons.get(key);
      reasons.delete(key);
      return { because: [...(known?.because ?? [])], asked: known?.asked ?? 0 };
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot: () => current,
  };
}
