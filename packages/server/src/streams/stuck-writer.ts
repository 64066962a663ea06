/**
 * A reader that takes nothing holds megabytes in the kernel and a slot here. Its stream can't be ended from inside (the
 * writer waits for it), nor by an end of the answer: only a reset of the socket frees both at once.
 */
import { CLOSING_GRACE_MS, WRITER_STALL_MS } from "@signalbox/catalog/timing";
import type { ServerResponse } from "node:http";

export interface StuckWriterOptions {
  stallMs?: number;
  closingGraceMs?: number;
}

/** Resets the socket when nothing of the answer was taken for too long, or when it outlives its stream's end. */
export function resetWhenStuck(
  res: ServerResponse,
  closing: AbortSignal,
  { stallMs = WRITER_STALL_MS, closingGraceMs = CLOSING_GRACE_MS }: StuckWriterOptions = {},
): void {
  const reset = () => res.socket?.resetAndDestroy();
  // Node's timer starts anew with each write, and while the kernel takes even a part of one.
  res.setTimeout(stallMs, () => {
    if (res.writableNeedDrain || (res.socket?.writableLength ?? 0) > 0) reset();
  });
  let grace: NodeJS.Timeout | undefined;
  const onClosing = () => {
    grace = setTimeout(reset, closingGraceMs);
    grace.unref();
  };
  if (closing.aborted) onClosing();
  else closing.addEventListener("abort", onClosing, { once: true });
  res.once("close", () => {
    clearTimeout(grace);
    closing.removeEventListener("abort", onClosing);
  });
}
