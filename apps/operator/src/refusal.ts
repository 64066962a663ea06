/** What an error of a call says about the same call once more. */

/**
 * The host can't take this whatever happens: trying again for ever would only hold up the rest. An older host that has no
 * such procedure counts (`NOT_FOUND`).
 */
export function isRefusal(error: unknown): boolean {
  return isOneOf(error, ["BAD_REQUEST", "PAYLOAD_TOO_LARGE", "NOT_FOUND"]);
}

/** The host has no such procedure: it is older than this operator. */
export function isUnknownProcedure(error: unknown): boolean {
  return isOneOf(error, ["NOT_FOUND"]);
}

function isOneOf(error: unknown, codes: string[]): boolean {
  const data = error instanceof Error && "data" in error ? error.data : null;
  const code = typeof data === "object" && data !== null && "code" in data ? data.code : null;
  return typeof code === "string" && codes.includes(code);
}
