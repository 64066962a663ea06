/**
 * A log on the operator's disk: one entry per line, `seq` from 1 without gaps, its end (a turn's turn-end) as its last line.
 * It has one writer at a time (the runner; after the runner's death the daemon) and any number of readers.
 * It refuses to write after the end.
 */
import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { EntryPosition, readEntry, type TurnEntry } from "@signalbox/catalog/turn-entry";
import { z } from "zod";
import { completeLines } from "./complete-lines.ts";
import { fitEntry } from "./entry-cut.ts";
import { SYNC_EVERY_MS } from "./limits.ts";

/**
 * An entry as it stands in the file. Only its position and kind are checked: a spool that another version of the
 * operator wrote must not be taken for damaged.
 */
const SpooledEntry = EntryPosition.and(z.looseObject({ kind: z.string().min(1).max(60) }));
export type SpooledEntry = z.infer<typeof SpooledEntry>;

const NEWLINE = 0x0a;

/** Which log it is. */
export interface SpoolFormat<E> {
  /** The kind of its last entry. */
  endKind: string;
  /** The entries that stand for this one, as the host will store them. Never empty. */
  parts(entry: E): E[];
}

export const TURN_FORMAT: SpoolFormat<TurnEntry> = {
  endKind: "turn-end",
  parts: (entry) => fitEntry(readEntry(entry)),
};

export interface SpoolState {
  /** 0 when the spool is empty. */
  lastSeq: number;
  /** The end is written. */
  isEnded: boolean;
  /** Bytes that hold whole, valid entries. */
  bytes: number;
}

export interface SpoolWriter<E = TurnEntry> {
  state(): SpoolState;
  /**
   * Appends the entry (as several, when it is a long stream of text). Durable within SYNC_EVERY_MS; the end at once. Throws
   * what the disk says when it takes no more; the log then ends with its last whole line, and can be gone on with.
   */
  append(entry: E): void;
  close(): void;
}

/** Opens a turn's spool to write: what a crash left behind its last whole entry is cut off. */
export function openSpool(path: string, now: () => number): SpoolWriter {
  return openSpoolOf(TURN_FORMAT, path, now);
}

/** The same for any log. */
export function openSpoolOf<E extends { kind: string }>(
  format: SpoolFormat<E>,
  path: string,
  now: () => number,
): SpoolWriter<E> {
  const fd = openSync(path, "a+");
  const state = readState(fd, format.endKind);
  ftruncateSync(fd, state.bytes);
  let syncTimer: NodeJS.Timeout | null = null;
  let isClosed = false;

  function syncSoon(): void {
    syncTimer ??= setTimeout(() => {
      syncTimer = null;
      // A failed sync shows in the next write; the entry itself is in the file.
      if (!isClosed) fdatasync(fd, () => {});
    }, SYNC_EVERY_MS);
  }

  return {
    state: () => ({ ...state }),
    append(entry) {
      if (state.isEnded) throw new Error(`The spool has its ${format.endKind}; ${entry.kind} comes too late.`);
      const at = Math.max(0, Math.trunc(now()));
      // Written as the schema reads it, so that the host stores exactly what stands here.
      const lines = format
        .parts(entry)
        .map((part, index) => JSON.stringify({ seq: state.lastSeq + 1 + index, at, ...part }));
      const block = Buffer.from(`${lines.join("\n")}\n`);
      const { written, error } = writeWhole(fd, block);
      // A line that is whole may have been read and sent by now: it stays. Half a line would stand before the next one.
      const bytes = error === null ? written : block.lastIndexOf("\n", written - 1) + 1;
      state.lastSeq += error === null ? lines.length : countLines(block.subarray(0, bytes));
      state.bytes += bytes;
      if (error !== null) {
        ftruncateSync(fd, state.bytes);
        throw error;
      }
      state.isEnded = entry.kind === format.endKind;
      if (state.isEnded) fdatasyncSync(fd);
      else syncSoon();
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      if (syncTimer) clearTimeout(syncTimer);
      fdatasyncSync(fd);
      closeSync(fd);
    },
  };
}

/** What a spool holds, without touching it. A file that is not there holds nothing. */
export function readSpoolState(path: string, endKind = TURN_FORMAT.endKind): SpoolState {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    return { lastSeq: 0, isEnded: false, bytes: 0 };
  }
  try {
    return readState(fd, endKind);
  } finally {
    closeSync(fd);
  }
}

function readState(fd: number, endKind: string): SpoolState {
  const state: SpoolState = { lastSeq: 0, isEnded: false, bytes: 0 };
  for (const line of completeLines(fd, 0)) {
    const entry = parseLine(line.text);
    if (entry === null || entry.seq !== state.lastSeq + 1 || state.isEnded) break;
    state.lastSeq = entry.seq;
    state.bytes = line.end;
    state.isEnded = entry.kind === endKind;
  }
  return state;
}

/** The entry on this line, or null for a line that is none (a crash of the machine can leave anything). */
export function parseLine(text: string): SpooledEntry | null {
  try {
    const parsed = SpooledEntry.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** How much of it is in the file, and what kept the rest out. */
function writeWhole(fd: number, block: Buffer): { written: number; error: Error | null } {
  let written = 0;
  try {
    while (written < block.length) written += writeSync(fd, block, written);
    return { written, error: null };
  } catch (error) {
    return { written, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function countLines(block: Buffer): number {
  return block.reduce((count, byte) => (byte === NEWLINE ? count + 1 : count), 0);
}
