/**
 * Whether an error says that the store can't be reached, or is held up: then the request is one for later (503), and not a
 * fault of ours (500).
 */
import { STORE_BUSY } from "./transaction-gate.ts";

/** Node's and the driver's words for a connection that was not made or was lost. */
const CONNECTION_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOTFOUND",
  "ETIMEDOUT",
  "CONNECT_TIMEOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  STORE_BUSY,
]);

/**
 * SQLSTATE class 08 (connection exceptions) and 53 (out of connections, memory or disk), 57P01 to 57P03 (shutting down,
 * crashed, starting up), and what our own limits end: 55P03 (a lock), 57014 (a statement), 25P03 (an idle transaction).
 */
const SQLSTATE = /^(08...|53...|57P0[123]|55P03|57014|25P03)$/;

/** Drizzle wraps what the driver throws: the causes are looked at as well. */
export function isStoreDown(error: unknown): boolean {
  for (let seen = error, depth = 0; seen !== null && typeof seen === "object" && depth < 5; depth++) {
    const { code, cause } = seen as { code?: unknown; cause?: unknown };
    if (typeof code === "string" && (CONNECTION_CODES.has(code) || SQLSTATE.test(code))) return true;
    seen = cause;
  }
  return false;
}
