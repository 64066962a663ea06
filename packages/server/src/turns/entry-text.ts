/**
 * An entry as the log holds it: its JSON, which streams write as it is. Ten thousand entries on their way to a viewer are
 * neither parsed nor serialised again.
 */
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";

export interface EntryText {
  readonly seq: number;
  /** `{"seq":…,"at":…,"kind":…,…}`. */
  readonly json: string;
}

export function parseEntryText({ json }: EntryText): LoggedEntry {
  return JSON.parse(json) as LoggedEntry;
}

/** Parsed only where the words occur: an agent may speak of turn-ends. */
export function isTurnEnd(entry: EntryText): boolean {
  return entry.json.includes('"turn-end"') && parseEntryText(entry).kind === "turn-end";
}
