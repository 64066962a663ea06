/**
 * What a turn's log comes to: the view that its readers begin with, and the record that stands for it after the log has gone.
 * Bounded: an agent may say as much as its disk holds, and one answer, or one row, can't.
 */
import { TURN_VIEW_MAX_LENGTH } from "@signalbox/catalog/bounds";
import type { LoggedEntry, TurnEnd } from "@signalbox/catalog/turn-entry";
import { applyEntries, emptyTurnView, type TurnView } from "@signalbox/catalog/turn-view";
import type { Tx } from "../store/store.ts";
import { readEntries } from "./turn-log.ts";

/** Entries of one read: 32 MiB at the most, where each is as large as may be. */
const READ_ENTRIES = 512;

interface FoldedLog {
  view: TurnView;
  /** The last entry that is in the view; a stream from here adds what follows. */
  position: number;
  /** False where the view ended before the log: it holds as much as a view may. */
  isWhole: boolean;
}

/** The fold of a log from its start, as far as it fits into `maxLength` characters of entries. */
export async function foldLog(tx: Tx, turnId: string, maxLength = TURN_VIEW_MAX_LENGTH): Promise<FoldedLog> {
  let [view, position, length] = [emptyTurnView(), 0, 0];
  for (;;) {
    const page = await readEntries(tx, turnId, position, READ_ENTRIES);
    const fitting: LoggedEntry[] = [];
    for (const entry of page) {
      length += JSON.stringify(entry).length;
      if (length > maxLength) return { view: applyEntries(view, fitting), position, isWhole: false };
      fitting.push(entry);
      position = entry.seq;
    }
    view = applyEntries(view, fitting);
    if (page.length < READ_ENTRIES) return { view, position, isWhole: true };
  }
}

/** The record of a turn that ends now. One that is cut says so, and has the end all the same. */
export async function recordOf(tx: Tx, turnId: string, end: TurnEnd): Promise<TurnView> {
  const { view, isWhole } = await foldLog(tx, turnId);
  return isWhole ? view : applyEntries(view, [CUT, end]);
}

const CUT = {
  kind: "notice",
  severity: "warning",
  title: "This turn is shown up to here",
  description: "It said more than is kept as one record. The whole of it can be read for a day after its end.",
} as const;
