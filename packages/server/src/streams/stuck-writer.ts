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
  let taken = -1;
  const reset = () => res.socket?.resetAndDestroy();
  // Between two looks lies the bound: a stall is seen after it, and before twice of it.
  const watch = setInterval(() => {
    const { socket } = res;
    if (!socket) return;
    const isStuck = res.writableNeedDrain && bytesTaken(socket) === taken;
    taken = bytesTaken(socket);
    if (isStuck) reset();
  }, stallMs);
  watch.unref();
  let grace: NodeJS.Timeout | undefined;
  const onClosing = () => {
    grace = setTimeout(reset, closingGraceMs);
    grace.unref();
  };
  if (closing.aborted) onClosing();
  else closing.addEventListener("abort", onClosing, { once: true });
  res.once("close", () => {
    clearInterval(watch);
    clearTimeout(grace);
    closing.removeEventListener("abort", onClosing);
  });
}

/** Bytes that the kernel took: those written without those that still wait in this process. */
function bytesTaken(socket: { bytesWritten: number; writableLength: number }): number {
  return socket.bytesWritten - socket.writableLength;
}
