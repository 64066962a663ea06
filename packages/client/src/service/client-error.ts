import { ErrorBody, ERROR_CODES, type ErrorCode } from "@signalbox/catalog/error-code";
import { readRetryAfter } from "../streams/retry-after.ts";
import { statusOf, StreamRefused } from "../streams/stream-refused.ts";

/**
 * What the typed client throws, for calls and streams alike: nothing else leaves it.
 * The host's codes, and three of this side: `no-answer` (nobody knows whether a mutation was done), `aborted` (by the
 * caller's signal), `resync` (the cursor can't be continued; `details.cursor` is where to go on).
 */
export type ClientErrorCode = ErrorCode | "no-answer" | "aborted" | "resync";

const BRAND = Symbol.for("signalbox.client-error");

export class SignalboxClientError extends Error {
  override readonly name = "SignalboxClientError";
  readonly [BRAND] = true;
  readonly code: ClientErrorCode;
  /** The HTTP status, or null where there was none. */
  readonly status: number | null;
  /** Ids and allowed values, as the host told them. */
  readonly details: Record<string, unknown>;
  /** The pause that the host asked for, in milliseconds, or null. */
  readonly retryAfterMs: number | null;

  constructor(
    code: ClientErrorCode,
    message: string,
    extra: {
      status?: number | null;
      details?: Record<string, unknown>;
      retryAfterMs?: number | null;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: extra.cause });
    this.code = code;
    this.status = extra.status ?? null;
    this.details = extra.details ?? {};
    this.retryAfterMs = extra.retryAfterMs ?? null;
  }

  /** True when the same call may succeed a little later. Streams retry by themselves and never throw these. */
  get isRetryable(): boolean {
    return this.code === "no-answer" || this.code === "too-many" || this.code === "unavailable";
  }
}

/** By brand: a process may hold two copies of this package. */
export function isSignalboxClientError(value: unknown): value is SignalboxClientError {
  return typeof value === "object" && value !== null && BRAND in value;
}

/** The error of a call or a stream as the client throws it. */
export function toClientError(error: unknown): SignalboxClientError {
  if (isSignalboxClientError(error)) return error;
  const chain = [...causesOf(error)];
  if (chain.some((cause) => field(cause, "name") === "AbortError")) return abortedError(error);
  const status = statusOf(error) || null;
  const response = chain.map((cause) => field(field(cause, "meta"), "response")).find((one) => one instanceof Response);
  const refused = chain.find((cause) => cause instanceof StreamRefused);
  const retryAfterMs =
    refused?.retryAfterMs ?? readRetryAfter(response?.headers.get("retry-after") ?? null, Date.now());
  const told = chain.map(toldBy).find((one) => one !== null);
  if (told) return new SignalboxClientError(told.code, told.message, { ...told, status, retryAfterMs, cause: error });
  const code = status === null ? "no-answer" : codeOfStatus(status);
  return new SignalboxClientError(code, messageOf(error), { status, retryAfterMs, cause: error });
}

export function abortedError(reason: unknown): SignalboxClientError {
  return new SignalboxClientError("aborted", "It was aborted by its caller.", { cause: reason });
}

/** What the host said in its own words: under `data.error` within tRPC, as the body outside it. */
function toldBy(error: unknown): { code: ErrorCode; message: string; details: Record<string, unknown> } | null {
  const body = ErrorBody.safeParse(field(field(error, "meta"), "responseJSON"));
  if (body.success) return { ...body.data.error, details: body.data.error.details ?? {} };
  const told = field(field(error, "data"), "error");
  const code = ERROR_CODES.find((known) => known === field(told, "code"));
  if (!code) return null;
  const details = field(told, "details");
  return { code, message: messageOf(error), details: isRecord(details) ? details : {} };
}

function codeOfStatus(status: number): ErrorCode {
  switch (status) {
    case 401:
      return "unauthenticated";
    case 403:
      return "forbidden";
    case 404:
      return "not-found";
    case 409:
      return "conflict";
    case 413:
      return "too-large";
    case 429:
      return "too-many";
    case 502:
    case 503:
    case 504:
      return "unavailable";
    default:
      return status < 500 ? "bad-request" : "internal";
  }
}

/** An error and what caused it; three causes down is as deep as our links wrap. */
function* causesOf(error: unknown): Generator {
  for (let depth = 0, current = error; depth < 4 && isRecord(current); depth += 1, current = current["cause"]) {
    yield current;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function field(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
