/**
 * Whether an error says that the store can't be reached, or is held up: then the request is one for later (503), and not a
 * fault of ours (500).
 */

/** Our own: no connection was free in time. */
export const STORE_BUSY = "STORE_BUSY";
/** Our own: there is no room on the disk. */
const STORE_FULL = "STORE_FULL";

export class StoreFullError extends Error {
  readonly code = STORE_FULL;

  constructor(cause: unknown) {
    super("The store takes no writes: its disk is full.", { cause });
    this.name = "StoreFullError";
  }
}

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
  STORE_FULL,
]);

/**
 * SQLSTATE class 08 (connection exceptions) and 53 (out of connections, memory or disk), 57P01 to 57P03 (shutting down,
 * crashed, starting up), and what our own limits end: 55P03 (a lock), 57014 (a statement), 25P03 (an idle transaction).
 */
const SQLSTATE = /^(08...|53...|57P0[123]|55P03|57014|25P03)$/;

export function isStoreDown(error: unknown): boolean {
  return codesOf(error).some((code) => CONNECTION_CODES.has(code) || SQLSTATE.test(code));
}

/** Whether it says that there is no room for it on the disk: reads go on. */
export function isStoreFull(error: unknown): boolean {
  return codesOf(error).includes(STORE_FULL);
}

/** Its code and those of its causes: Drizzle wraps what the driver throws. */
export function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let seen = error, depth = 0; seen !== null && typeof seen === "object" && depth < 5; depth++) {
    const { code, cause } = seen as { code?: unknown; cause?: unknown };
    if (typeof code === "string") codes.push(code);
    seen = cause;
  }
  return codes;
}
