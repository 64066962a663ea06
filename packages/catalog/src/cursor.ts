/**
 * A position in a log as it stands on the wire: `epoch.seq`, in SSE's `id:` and tRPC's `lastEventId`.
 * Clients treat it as opaque. The epoch tells a log that lost its tail (a restored backup) from the one a client knew.
 */
export interface Cursor {
  /** Generation of the store, from 1. */
  epoch: number;
  /** Sequence number within the log, from 0 (before the first entry). */
  seq: number;
}

const PATTERN = /^(\d{1,9})\.(\d{1,15})$/;

export function formatCursor({ epoch, seq }: Cursor): string {
  return `${epoch}.${seq}`;
}

/** The cursor, or null for anything that is not one: a malformed cursor is an unknown position, never an error. */
export function parseCursor(text: string | null | undefined): Cursor | null {
  const match = text ? PATTERN.exec(text) : null;
  return match ? { epoch: Number(match[1]), seq: Number(match[2]) } : null;
}
