/**
 * Server-sent events as text (WHATWG HTML, 9.2), byte for byte as tRPC 11.25 writes them: each field on its line, then an
 * empty line more than is needed. `sse-wire.test.ts` holds it to that.
 */

export interface SseEvent {
  event?: string;
  data?: string;
  id?: string;
  comment?: string;
}

/** `data` must be one line: JSON is. */
export function sseText({ event, data, id, comment }: SseEvent): string {
  return (
    (event === undefined ? "" : `event: ${event}\n`) +
    (data === undefined ? "" : `data: ${data}\n`) +
    (id === undefined ? "" : `id: ${id}\n`) +
    (comment === undefined ? "" : `: ${comment}\n`) +
    "\n\n"
  );
}

/** How long clients that reconnect by themselves shall wait. */
export function sseRetry(ms: number): string {
  return `retry: ${ms}\n\n`;
}

/** The headers of a stream: nothing on the way may hold it back, change it or keep it. */
export const SSE_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;
