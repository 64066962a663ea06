/** Small things between node:http and the fetch world: headers in, errors out. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { errorBody, errorStatus, isSignalboxError, SignalboxError, storeDown } from "../errors.ts";
import { isStoreDown, isStoreFull } from "../store/store-down.ts";
import type { Logger } from "../logger.ts";

/** Seconds that who was refused for now waits before it asks again. */
export const RETRY_AFTER_SECONDS = 5;

export function toHeaders(req: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}

/** The JSON body and headers of an error. What is not ours is logged and answered as internal. */
export function errorResponse(
  logger: Logger,
  error: unknown,
): { status: number; headers: Record<string, string>; body: string } {
  let known = error;
  if (!isSignalboxError(known)) {
    if (!isStoreFull(error)) logger.error({ err: error }, "a request failed");
    known = isStoreDown(error)
      ? storeDown(error)
      : new SignalboxError("internal", "Something went wrong here. Nothing was changed.");
  }
  const shown = known as SignalboxError;
  const isForLater = shown.code === "too-many" || shown.code === "unavailable";
  return {
    status: errorStatus(shown),
    headers: {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      ...(isForLater ? { "retry-after": String(RETRY_AFTER_SECONDS) } : {}),
    },
    body: JSON.stringify(errorBody(shown)),
  };
}

export function writeError(logger: Logger, res: ServerResponse, error: unknown): void {
  const { status, headers, body } = errorResponse(logger, error);
  if (res.headersSent) {
    res.destroy();
    return;
  }
  res.writeHead(status, headers).end(body);
}
