/**
 * Reads a spool in batches for the host, from any position, while it is being written.
 * It holds one batch in memory, never the turn.
 */
import { closeSync, fstatSync, openSync } from "node:fs";
import { APPEND_MAX_BYTES, APPEND_MAX_ENTRIES, ENTRY_MAX_BYTES } from "@signalbox/catalog/bounds";
import { readEntry, type TurnOutcome } from "@signalbox/catalog/turn-entry";
import { completeLines } from "./complete-lines.ts";
import { parseLine, TURN_FORMAT, type SpooledEntry } from "./spool.ts";

/** The spool holds something else than its next entry: no retry mends it. */
export class SpoolDamage extends Error {}

export interface SpoolHead {
  /** 0 when the spool is empty. */
  lastSeq: number;
  isEnded: boolean;
}

export interface SpoolBatch {
  /** Empty when there are none yet. */
  entries: SpooledEntry[];
  /** As they stand in the file. */
  bytes: number;
}

export interface SpoolReader {
  /**
   * Consecutive entries from `after + 1`: at most APPEND_MAX_ENTRIES and APPEND_MAX_BYTES.
   * Throws SpoolDamage when the next line is not the next entry.
   */
  read(after: number): SpoolBatch;
  /** How far the spool is now; each call reads only what is new. */
  head(): SpoolHead;
  close(): void;
}

/** `endKind`: the kind of the log's last entry. */
export function createSpoolReader(path: string, endKind = TURN_FORMAT.endKind): SpoolReader {
  const fd = openSync(path, "r");
  const next = { offset: 0, seq: 0 };
  const head = { offset: 0, lastSeq: 0, isEnded: false };

  return {
    read(after) {
      if (after < next.seq) Object.assign(next, { offset: 0, seq: 0 });
      const batch: SpoolBatch = { entries: [], bytes: 0 };
      for (const line of completeLines(fd, next.offset)) {
        if (next.seq >= after) {
          const count = batch.entries.length;
          if (count === APPEND_MAX_ENTRIES || (count > 0 && batch.bytes + line.bytes > APPEND_MAX_BYTES)) break;
          const entry = parseLine(line.text);
          if (entry?.seq !== next.seq + 1) throw new SpoolDamage(`Entry ${next.seq + 1} is damaged in ${path}.`);
          batch.entries.push(entry);
          batch.bytes += line.bytes;
        }
        next.seq += 1;
        next.offset = line.end;
      }
      return batch;
    },
    head() {
      for (const line of completeLines(fd, head.offset)) {
        head.offset = line.end;
        head.lastSeq += 1;
        head.isEnded = line.text.includes(`"${endKind}"`) && parseLine(line.text)?.kind === endKind;
      }
      return { lastSeq: head.lastSeq, isEnded: head.isEnded };
    },
    close: () => closeSync(fd),
  };
}

/** How the turn of a finished spool ended; null where its last entry is no turn-end. */
export function readOutcome(path: string): TurnOutcome | null {
  const fd = openSync(path, "r");
  try {
    let last = "";
    for (const line of completeLines(fd, Math.max(0, fstatSync(fd).size - 2 * ENTRY_MAX_BYTES))) last = line.text;
    const entry = readEntry(parseLine(last));
    return entry.kind === "turn-end" ? entry.outcome : null;
  } finally {
    closeSync(fd);
  }
}
