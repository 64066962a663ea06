import { z } from "zod";
import { EventsFrame, TurnFrame } from "./stream-frames.ts";
import { Signal } from "./signals.ts";
import { LoggedSandboxEntry } from "./sandbox-entry.ts";
import { LoggedEntry } from "./turn-entry.ts";

/**
 * The JSON bodies of polling, for clients that can't stream. Both carry an `ETag`; `If-None-Match` with the current one is
 * answered 304 without a body. Refusals are those of the streams: 401, 404, 429 and 503, bodies as `ErrorBody`.
 */
const CursorText = z.string().max(64);

/** The reason of a resync, as the stream tells it. */
const ResyncReason = EventsFrame.options[3].shape.reason;

/**
 * `GET /api/poll/signals?workspaceId=&after=`: what changed after the cursor, one signal per record.
 * Without `after` the answer is the current position and nothing else.
 */
export const PollSignalsAnswer = z.object({
  /** Ask with this one next time. */
  cursor: CursorText,
  /** The cursor asked with can't be resumed: read everything again within `spreadMs`. `signals` is then empty. */
  resync: z.object({ reason: ResyncReason, spreadMs: z.number().int().nonnegative() }).nullable(),
  signals: z.array(Signal),
});
export type PollSignalsAnswer = z.infer<typeof PollSignalsAnswer>;

/** What `resync` and `reason` say in a turn's answer, as the stream's frame says it in `from` and `reason`. */
const { from: TurnResync, reason: TurnResyncReason } = TurnFrame.options[1].shape;

/**
 * `GET /api/poll/turn?turnId=&after=`: consecutive entries after the cursor, the first of them at cursor + 1.
 * Without `after` the log is read from its start.
 */
export const PollTurnAnswer = z.object({
  /** The position of the last entry of this answer; ask with this one next time. */
  cursor: CursorText,
  /** The cursor asked with can't be continued: drop the view. `start`: the log follows from its first entry; `record`: read `turn.get`. */
  resync: TurnResync.nullable(),
  /** Of the resync; absent without one, and from an older host. */
  reason: TurnResyncReason,
  entries: z.array(LoggedEntry),
  /** There is more after this answer: ask again at once. Absent from an older host: then a full answer says the same. */
  more: z.boolean().optional(),
  /** The turn has ended and this answer reaches its end: ask no more. */
  done: z.boolean(),
});
export type PollTurnAnswer = z.infer<typeof PollTurnAnswer>;

/**
 * `sandbox.log` and `GET /api/poll/sandbox?sandboxId=&after=`: consecutive entries of a sandbox's log after the cursor. Without
 * `after`: the newest ones.
 */
export const SandboxLogAnswer = z.object({
  /** The position of the last entry of this answer; ask with this one next time. */
  cursor: CursorText,
  /** Entries up to this offset are gone: the log begins after it. */
  floor: z.number().int().nonnegative(),
  /** The cursor asked with can't be continued: what is held is another log's, or has a hole before these entries. */
  resync: z.boolean(),
  entries: z.array(LoggedSandboxEntry),
  /** There is more after this answer: ask again at once. */
  more: z.boolean(),
  /** The sandbox is gone and this answer reaches the end of its log: ask no more. */
  done: z.boolean(),
});
export type SandboxLogAnswer = z.infer<typeof SandboxLogAnswer>;
