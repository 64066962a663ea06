/**
 * Where a loop over signals stands. The host's cursors stand after whole batches; within one it is the cursor before the
 * batch and how many of its signals were taken: `epoch.seq+n`. The host gives a reader of every signal the same ones
 * in the same order each time, so that the first n are those that were taken. Opaque to callers, like the host's.
 */
export interface BatchCursor {
  /** The host's: before the batch. */
  cursor: string;
  /** Signals after it that were taken. */
  taken: number;
}

const PATTERN = /^(\d{1,9}\.\d{1,15})\+(\d{1,6})$/;

export function formatBatchCursor({ cursor, taken }: BatchCursor): string {
  return taken === 0 ? cursor : `${cursor}+${taken}`;
}

/** Anything else is handed to the host as it is: an unknown position is answered with a resync. */
export function parseBatchCursor(text: string): BatchCursor {
  const match = PATTERN.exec(text);
  return match?.[1] ? { cursor: match[1], taken: Number(match[2]) } : { cursor: text, taken: 0 };
}
