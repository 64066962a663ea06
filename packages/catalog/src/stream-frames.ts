import { z } from "zod";
import { LoggedEntry } from "./turn-entry.ts";
import { Signal } from "./signals.ts";

/**
 * The frames of the two subscriptions. Every frame is tracked: its SSE `id:` is the cursor after it.
 * Clients ignore frame types that they don't know.
 */

/** Why a stream is ended by the host, and what a client does about it: reconnect now, wait, or stop. */
export const CLOSE_CODES = {
  /** The host is going away. Reconnect after the back-off. */
  draining: "reconnect",
  /** The stream reached its maximum age. Reconnect at once. */
  expired: "reconnect",
  /** The reader fell too far behind. Reconnect from its cursor. */
  "fell-behind": "reconnect",
  /** A newer stream of the same person took the place. Poll, and try again on focus or after a minute. */
  evicted: "wait",
  /** The session or key is gone. Stop. */
  "signed-out": "stop",
  /** The workspace or turn may no longer be read, or is no more. Stop. */
  "not-found": "stop",
} as const;
export type CloseCode = keyof typeof CLOSE_CODES;
const CloseCodeSchema = z.enum(Object.keys(CLOSE_CODES) as [CloseCode, ...CloseCode[]]);

const CloseFrame = z.object({ type: z.literal("close"), code: CloseCodeSchema });

export const EventsFrame = z.discriminatedUnion("type", [
  /** First frame. `serverTime` in epoch milliseconds. */
  z.object({
    type: z.literal("hello"),
    serverTime: z.number().int(),
    heartbeatMs: z.number().int(),
    protocol: z.number().int(),
  }),
  /** What changed, in commit order. */
  z.object({ type: z.literal("signals"), signals: z.array(Signal) }),
  /** Heartbeat: nothing new, and this is where the log stands. */
  z.object({ type: z.literal("position") }),
  /** The position can't be resumed. The frame's id is the new one; read again within `spreadMs`. */
  z.object({
    type: z.literal("resync"),
    reason: z.enum(["unknown-cursor", "pruned", "overflow"]),
    spreadMs: z.number().int(),
  }),
  CloseFrame,
]);
export type EventsFrame = z.infer<typeof EventsFrame>;

export const TurnFrame = z.discriminatedUnion("type", [
  /** Consecutive entries; `first` is the reader's cursor + 1, `last` is this frame's id. */
  z.object({
    type: z.literal("entries"),
    first: z.number().int().positive(),
    last: z.number().int().positive(),
    entries: z.array(LoggedEntry),
  }),
  /**
   * The cursor can't be continued: drop the view. With `from: "start"` the whole log follows;
   * with `from: "record"` the log is gone and `turn.get` has the record.
   */
  z.object({
    type: z.literal("resync"),
    from: z.enum(["start", "record"]),
    /** Why: it is of another epoch, ahead of the log, or none at all; or the log begins after it. Absent from an older host. */
    reason: z.enum(["unknown-cursor", "pruned"]).optional(),
  }),
  CloseFrame,
]);
export type TurnFrame = z.infer<typeof TurnFrame>;
