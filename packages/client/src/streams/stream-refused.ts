/** Why a stream could not be opened or broke, as it travels in the `cause` of a `TRPCClientError`. */
export class StreamRefused extends Error {
  override readonly name = "StreamRefused";
  /** EventSource's event type; tRPC passes this object on as the event. */
  readonly type = "error";
  /** HTTP status, or 0 when there was no answer or the stream broke. */
  readonly status: number;
  /** The pause that the host asked for, or null. */
  readonly retryAfterMs: number | null;

  constructor(
    message: string,
    { status, retryAfterMs = null, cause }: { status: number; retryAfterMs?: number | null; cause?: unknown },
  ) {
    super(message, { cause });
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * An answer that is not what was asked for. Where a proxy answers 400, 403 or 404 with a page of its own while its backend
 * restarts, that says nothing about what may be read: ours are JSON. The status is then 0.
 */
export function refusalOf(response: Response, retryAfterMs: number | null): StreamRefused {
  const isOurs = (response.headers.get("content-type") ?? "").startsWith("application/json");
  const isFromProxy = [400, 403, 404].includes(response.status) && !isOurs;
  return new StreamRefused(`It was answered with ${response.status}`, {
    status: isFromProxy || response.status === 200 ? 0 : response.status,
    retryAfterMs,
  });
}

/**
 * What a stream's error means for its holder: `signed-out` and `gone` are final, after anything else it tries again.
 * Reads both real statuses (before the stream) and tRPC's codes (within it, where the status was 200).
 */
export function verdictOf(error: unknown): "signed-out" | "gone" | "retry" {
  const status = statusOf(error);
  if (status === 401) return "signed-out";
  return status === 400 || status === 403 || status === 404 ? "gone" : "retry";
}

/** The HTTP status behind an error, or 0 when there was none. */
export function statusOf(error: unknown): number {
  for (let depth = 0, current = error; depth < 4 && typeof current === "object" && current !== null; depth += 1) {
    if (current instanceof StreamRefused) return current.status;
    const status = "data" in current && isObject(current.data) ? current.data.httpStatus : null;
    if (typeof status === "number") return status;
    // Answered before tRPC, in our own error body.
    const response = "meta" in current && isObject(current.meta) ? current.meta["response"] : null;
    if (response instanceof Response) return response.status;
    current = "cause" in current ? current.cause : null;
  }
  return 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
