import { POLL_TURN_ENTRIES } from "@signalbox/catalog/bounds";
import { formatCursor, parseCursor } from "@signalbox/catalog/cursor";
import type { PollTurnAnswer } from "@signalbox/catalog/poll-answers";
import type { TurnFrame } from "@signalbox/catalog/stream-frames";
import { POLL_LOG_MS } from "@signalbox/catalog/timing";
import type { PollClient } from "../polling/poll-client.ts";
import { createPollFallback } from "../polling/poll-fallback.ts";
import type { PollVerdict } from "../polling/poll-loop.ts";
import { holdStream, type HeldStream, type HoldStreamOptions } from "../streams/hold-stream.ts";

export type TurnFrameWithId = { id: string; data: TurnFrame };

export interface HoldTurnOptions extends HoldStreamOptions<TurnFrame> {
  turnId: string;
  poll?: Pick<PollClient, "turn"> | undefined;
}

/** Keeps a turn's stream open, and polls its log for as long as that can't be: to the reader both are the same frames. */
export function holdTurn(options: HoldTurnOptions): HeldStream {
  const { turnId, poll, clock, random } = options;
  let cursor = options.after;
  let isOver = false;

  const deliver = (frame: TurnFrameWithId) => {
    cursor = frame.id;
    options.onFrame(frame);
  };
  const end = () => {
    fallback.apply({ type: "stop" });
    stream.stop();
    options.onServerEnd?.();
  };

  const askOnce = async (signal: AbortSignal): Promise<PollVerdict> => {
    const answer = (await poll?.turn({ turnId, after: cursor }, signal)) ?? "unchanged";
    if (signal.aborted || answer === "unchanged") return "later";
    for (const frame of framesOf(answer)) if (!isOver) deliver(frame);
    if (isOver) return "done";
    if (answer.done) {
      end();
      return "done";
    }
    stream.advance(answer.cursor);
    return (answer.more ?? answer.entries.length >= POLL_TURN_ENTRIES) ? "more" : "later";
  };

  const fallback = createPollFallback({
    everyMs: POLL_LOG_MS,
    ask: poll ? askOnce : null,
    isSilenceDeath: false,
    onState(state) {
      if (isOver) return;
      if (state.name === "backoff") options.onEvent({ type: "dropped", failures: 0 });
      if (state.name === "live") options.onEvent({ type: "opened" });
      // A polled turn is as current as it can be: its reader need not know how it comes.
      if (state.name === "polling") {
        options.onEvent(state.answers === "current" ? { type: "opened" } : { type: "dropped", failures: 0 });
      }
      const refusal = state.name === "needs-auth" ? "signed-out" : state.name === "stopped" ? state.reason : null;
      if (refusal === null || refusal === "closed") return;
      stream?.stop();
      options.onEvent({ type: refusal });
    },
    clock,
    random,
  });
  fallback.apply({ type: "start" });

  const stream = holdStream<TurnFrame>({
    ...options,
    onFrame: deliver,
    onEvent: (event) => fallback.apply(event.type === "opened" ? { type: "heard" } : event),
    onServerEnd: end,
  });

  return {
    ...stream,
    stop() {
      isOver = true;
      stream.stop();
      fallback.apply({ type: "stop" });
    },
    resumeFrom(from) {
      cursor = from ?? null;
      stream.resumeFrom(from);
    },
  };
}

/** A polled answer as the frames that a stream would have brought. */
export function framesOf({ cursor, resync, reason, entries }: PollTurnAnswer): TurnFrameWithId[] {
  const frames: TurnFrameWithId[] = [];
  const [first] = entries;
  const last = entries.at(-1);
  if (resync) {
    const at = parseCursor(cursor);
    const before = at && first ? formatCursor({ epoch: at.epoch, seq: first.seq - 1 }) : cursor;
    frames.push({ id: before, data: { type: "resync", from: resync, reason } });
  }
  if (first && last) {
    frames.push({ id: cursor, data: { type: "entries", first: first.seq, last: last.seq, entries } });
  }
  return frames;
}
