/** Reads a growing file line by line. A last line without its newline is still being written, and is not a line yet. */
import { readSync } from "node:fs";

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

export interface CompleteLine {
  text: string;
  /** Offset of the byte after the line's newline. */
  end: number;
  bytes: number;
}

/** The complete lines from this offset to the end that the file has now. */
export function* completeLines(fd: number, from: number): Generator<CompleteLine> {
  let held: Buffer = Buffer.alloc(0);
  let heldFrom = from;
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const count = readSync(fd, chunk, 0, CHUNK_BYTES, heldFrom + held.length);
    if (count === 0) return;
    held = held.length === 0 ? chunk.subarray(0, count) : Buffer.concat([held, chunk.subarray(0, count)]);
    let start = 0;
    for (let at = held.indexOf(NEWLINE); at !== -1; at = held.indexOf(NEWLINE, start)) {
      const end = heldFrom + at + 1;
      yield { text: held.toString("utf8", start, at), end, bytes: at + 1 - start };
      start = at + 1;
    }
    held = held.subarray(start);
    heldFrom += start;
  }
}
