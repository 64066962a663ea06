import { z } from "zod";

/**
 * The closed list of error codes that leave the process, with the HTTP status each is answered with.
 * A code says what went wrong, the message names what and which id; neither carries internals.
 */
export const ERROR_STATUS = {
  "bad-request": 400,
  unauthenticated: 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  "illegal-transition": 409,
  "turn-running": 409,
  "too-large": 413,
  "too-many": 429,
  internal: 500,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;
export const ERROR_CODES = Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]];

/** `details.reason` of an `unavailable` whose cause is the host's disk: reads go on, and it ends when there is room. */
export const DISK_FULL = "disk-full";

/** The JSON body of every refusal outside tRPC. */
export const ErrorBody = z.object({
  error: z.object({
    code: z.enum(ERROR_CODES),
    message: z.string(),
    /** What the refusal is about: ids, and for an illegal transition the allowed ones. */
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
