/** Our error codes as tRPC's, and back. */
import type { ErrorCode } from "@signalbox/catalog/error-code";
import type { TRPC_ERROR_CODE_KEY, TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";

export const TRPC_CODES: Record<ErrorCode, TRPC_ERROR_CODE_KEY> = {
  "bad-request": "BAD_REQUEST",
  unauthenticated: "UNAUTHORIZED",
  forbidden: "FORBIDDEN",
  "not-found": "NOT_FOUND",
  conflict: "CONFLICT",
  "illegal-transition": "CONFLICT",
  "turn-running": "CONFLICT",
  "too-large": "PAYLOAD_TOO_LARGE",
  "too-many": "TOO_MANY_REQUESTS",
  internal: "INTERNAL_SERVER_ERROR",
  unavailable: "SERVICE_UNAVAILABLE",
};

/** The code of an error that tRPC made by itself: what it has no name for here is told by its HTTP status. */
export function codeOfTrpc(error: TRPCError): ErrorCode {
  const codes = Object.keys(TRPC_CODES) as ErrorCode[];
  const known = codes.find((code) => TRPC_CODES[code] === error.code);
  if (known) return known;
  return getHTTPStatusCodeFromError(error) < 500 ? "bad-request" : "internal";
}
