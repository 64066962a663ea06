import type { LoggedEntry, TurnEntry } from "@signalbox/catalog/turn-entry";
import { EntryPosition, readEntry } from "@signalbox/catalog/turn-entry";
import { applyEntries, type TurnView } from "@signalbox/catalog/turn-view";

/** A turn's view and the sequence number up to which it is folded. */
export interface TurnPosition {
  view: TurnView;
  seq: number;
}

/** Consecutive entries as a frame carries them. Adjacent deltas may have been merged: fewer entries than numbers. */
export interface EntriesFrame {
  first: number;
  last: number;
  entries: readonly unknown[];
}

/**
 * Folds a frame: the position after it, `repeat` when all of it is known, `gap` when something before it is missing
 * or when it overlaps what is known and can't be taken apart. Nothing of a gap is applied.
 */
export function takeFrame(position: TurnPosition, frame: EntriesFrame): TurnPosition | "repeat" | "gap" {
  const { first, last, entries } = frame;
  if (last <= position.seq) return "repeat";
  if (first > position.seq + 1 || last < first) return "gap";
  const known = position.seq + 1 - first;
  if (known > 0 && entries.length !== last - first + 1) return "gap";
  return { view: applyEntries(position.view, entries.slice(known).map(entryOf)), seq: last };
}

function entryOf(value: unknown): TurnEntry | LoggedEntry {
  const position = EntryPosition.safeParse(value);
  const entry = readEntry(value);
  return position.success ? { ...entry, ...position.data } : entry;
}
