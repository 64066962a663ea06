import { ENTRY_MAX_BYTES } from "./bounds.ts";
import type { LoggedEntry } from "./turn-entry.ts";

/**
 * Adjacent deltas of one text as one delta, for readers who fold a turn and keep no entries (rule TU8 of docs/protocol.md).
 * Folding the result gives the same view. A merged entry has the position of its last; its text stays below the most that
 * one entry may have, counted in characters.
 */
export function rollUp(entries: readonly LoggedEntry[]): LoggedEntry[] {
  const rolled: LoggedEntry[] = [];
  for (const entry of entries) {
    const before = rolled.at(-1);
    const merged = before && merge(before, entry);
    if (merged) rolled[rolled.length - 1] = merged;
    else rolled.push(entry);
  }
  return rolled;
}

/** Null: they are not two pieces of one text. */
function merge(before: LoggedEntry, after: LoggedEntry): LoggedEntry | null {
  if (before.kind === "text-delta" && after.kind === "text-delta") {
    const isSame = before.role === after.role && before.messageId === after.messageId;
    return isSame ? bounded({ ...after, text: before.text + after.text }, "text") : null;
  }
  if (before.kind === "thought-delta" && after.kind === "thought-delta") {
    const isSame = before.messageId === after.messageId;
    return isSame ? bounded({ ...after, text: before.text + after.text }, "text") : null;
  }
  if (before.kind === "terminal-delta" && after.kind === "terminal-delta") {
    const isSame = before.terminalId === after.terminalId && before.stream === after.stream;
    // What follows an exit code is another command's.
    const isRunning = before.exitCode === undefined;
    return isSame && isRunning ? bounded({ ...after, data: before.data + after.data }, "data") : null;
  }
  if (before.kind === "tool-input-delta" && after.kind === "tool-input-delta") {
    const isSame = before.callId === after.callId;
    return isSame ? bounded({ ...after, delta: before.delta + after.delta }, "delta") : null;
  }
  return null;
}

function bounded<M extends string, E extends { [K in M]: string }>(entry: E, member: M): E | null {
  return entry[member].length > ENTRY_MAX_BYTES ? null : entry;
}
