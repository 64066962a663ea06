import { SERVICE_QUEUE } from "@signalbox/catalog/bounds";
import { parseCursor } from "@signalbox/catalog/cursor";
import type { Signal } from "@signalbox/catalog/signals";
import type { EventsFrame } from "@signalbox/catalog/stream-frames";
import type { Clock } from "../clock.ts";
import { knownSignal, readEventsFrame } from "../signals/read-events-frame.ts";
import { formatBatchCursor, parseBatchCursor, type BatchCursor } from "./batch-cursor.ts";
import { SignalboxClientError } from "./client-error.ts";
import { holdForService, type LinkState, type ServiceStream } from "./hold-for-service.ts";
import { pull, type Sink } from "./pull.ts";

/** A signal, and the position after it: kept after the signal was dealt with, it makes the next start miss nothing. */
export type FollowedSignal = Signal & { cursor: string };

/** The position could not be continued: signals between were lost, and the loop goes on after `cursor`. */
export interface SignalsResync {
  reason: "unknown-cursor" | "pruned" | "overflow";
  cursor: string;
}

export interface SignalsOptions {
  workspaceId: string;
  /** A cursor of this client's, from the same workspace and topics. Absent or null: from now on. */
  after?: string | null | undefined;
  /** `subject`, or `subject:id`; at most 50. Absent: all that the key may hear. */
  topics?: readonly string[] | undefined;
  /** Ends the loop by throwing `aborted`. */
  signal?: AbortSignal | undefined;
  /** Awaited before the loop goes on: read again what you hold. Without it a resync is thrown. */
  onResync?: ((resync: SignalsResync) => void | Promise<void>) | undefined;
  /** The position moved without a signal; first when the stream is up. Worth keeping: quiet streams outlive the retention. */
  onPosition?: ((cursor: string) => void | Promise<void>) | undefined;
  onLink?: ((state: LinkState) => void) | undefined;
}

/** Every signal, in commit order, until the loop is left. A further loop goes on where the last one stopped. */
export interface SignalStream extends AsyncIterable<FollowedSignal> {
  /** After everything that the loop was given; null before the stream was up for the first time. */
  readonly cursor: string | null;
}

export interface SignalStreamDependencies {
  subscribe: ServiceStream<EventsFrame, { workspaceId: string; delivery: "every"; topics?: string[] }>;
  clock: Clock;
  random: () => number;
}

type Item = { cursor: string } & (
  | { kind: "signal"; signal: Signal }
  | { kind: "position" }
  | { kind: "resync"; reason: SignalsResync["reason"] }
);

export function createSignalStream(options: SignalsOptions, dependencies: SignalStreamDependencies): SignalStream {
  const { workspaceId, topics, signal, onResync, onPosition } = options;
  let cursor = options.after ?? null;

  async function* follow(): AsyncGenerator<FollowedSignal, void, undefined> {
    const source = signalSource(cursor);
    const open = (sink: Sink<Item>) =>
      holdForService<EventsFrame>({
        what: `the signals of workspace ${JSON.stringify(workspaceId)}`,
        open: (lastEventId, handlers) =>
          dependencies.subscribe(
            {
              workspaceId,
              delivery: "every",
              ...(topics && { topics: [...topics] }),
              ...(lastEventId !== undefined && { lastEventId }),
            },
            handlers,
          ),
        after: source.position(),
        onFrame: ({ id, data }, stream) => {
          if (data.type === "close") return stream.obey(data.code);
          sink.put(source.take(id, data));
        },
        onFail: sink.fail,
        onLink: options.onLink,
        ...dependencies,
      });
    for await (const item of pull<Item>({ open, max: SERVICE_QUEUE, signal })) {
      const resync = item.kind === "resync" ? { reason: item.reason, cursor: item.cursor } : null;
      if (resync && !onResync) throw resyncError(workspaceId, resync);
      if (resync) await onResync?.(resync);
      cursor = item.cursor;
      if (item.kind === "signal") yield { ...item.signal, cursor };
      else await onPosition?.(cursor);
    }
  }

  return {
    get cursor() {
      return cursor;
    },
    [Symbol.asyncIterator]: follow,
  };
}

/** Frames to items, each with the position after it. It outlives the connections, and stands after what was put last. */
function signalSource(after: string | null) {
  let at: BatchCursor | null = after === null ? null : parseBatchCursor(after);

  const batch = (id: string, values: readonly unknown[]): Item[] => {
    const before = at ?? { cursor: id, taken: 0 };
    const skipped = Math.min(before.taken, values.length);
    at = { cursor: id, taken: before.taken - skipped };
    const items = values.slice(skipped).flatMap((value, index): Item[] => {
      const taken = skipped + index + 1;
      const cursor = taken === values.length ? id : formatBatchCursor({ cursor: before.cursor, taken });
      // Names of newer hosts count as taken and are not handed on.
      return knownSignal(value).map((signal) => ({ kind: "signal", signal, cursor }));
    });
    return items.length > 0 ? items : [{ kind: "position", cursor: formatBatchCursor(at) }];
  };

  return {
    position: () => at?.cursor ?? null,
    take(id: string, data: EventsFrame): Item[] {
      if (data.type === "signals") return batch(id, data.signals);
      const frame = readEventsFrame(data);
      if (frame?.type === "resync") {
        at = { cursor: id, taken: 0 };
        return [{ kind: "resync", reason: frame.reason, cursor: id }];
      }
      // Before a resync the hello stands nowhere: dropped in between, the connection must meet the resync again.
      if (frame?.type === "hello" && parseCursor(id)?.epoch === 0) return [];
      at = { cursor: id, taken: frame?.type === "hello" ? (at?.taken ?? 0) : 0 };
      return [{ kind: "position", cursor: formatBatchCursor(at) }];
    },
  };
}

function resyncError(workspaceId: string, { reason, cursor }: SignalsResync): SignalboxClientError {
  return new SignalboxClientError(
    "resync",
    `The signals of workspace ${JSON.stringify(workspaceId)} can't be continued (${reason}): read again what you hold, and go on after ${cursor}.`,
    { details: { workspaceId, reason, cursor } },
  );
}
