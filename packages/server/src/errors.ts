/**
 * The one error class that crosses borders. Its code is closed, and each transport maps it in one place.
 * Recognised by brand: one process holds several copies of this module, and `instanceof` fails between them.
 */
import { DISK_FULL, ERROR_STATUS, type ErrorBody, type ErrorCode } from "@signalbox/catalog/error-code";
import { isStoreFull } from "./store/store-down.ts";

const BRAND = Symbol.for("signalbox.error");

export class SignalboxError extends Error {
  readonly [BRAND] = true;
  readonly code: ErrorCode;
  /** Safe to show: ids and allowed values, never internals. */
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}, cause?: unknown) {
    super(message, { cause });
    this.name = "SignalboxError";
    this.code = code;
    this.details = details;
  }
}

export function isSignalboxError(value: unknown): value is SignalboxError {
  return typeof value === "object" && value !== null && BRAND in value;
}

/** What a caller is told of an error for which `isStoreDown` is true. */
export function storeDown(cause: unknown): SignalboxError {
  if (isStoreFull(cause)) return storeFull(cause);
  return new SignalboxError("unavailable", "The store does not answer. Nothing was changed; try again.", {}, cause);
}

/** The reason is for programs: screens say it in words of their own, and operators keep what they have. */
export function storeFull(cause?: unknown): SignalboxError {
  const words = "The disk of this host is full, so nothing can be changed now. What is stored is safe.";
  return new SignalboxError("unavailable", words, { reason: DISK_FULL }, cause);
}

/** What one may not see looks like what does not exist: the same error for both. */
export function notFound(what: string, id: string): SignalboxError {
  return new SignalboxError("not-found", `No ${what} ${JSON.stringify(id)} here.`, { what, id });
}

export function errorBody(error: SignalboxError): ErrorBody {
  return {
    error: {
      code: error.code,
      message: error.message,
      ...(Object.keys(error.details).length > 0 ? { details: error.details } : {}),
    },
  };
}

export function errorStatus(error: SignalboxError): number {
  return ERROR_STATUS[error.code];
}
