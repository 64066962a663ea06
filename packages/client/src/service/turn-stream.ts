import { SERVICE_QUEUE } from "@signalbox/catalog/bounds";
import { formatCursor, parseCursor } from "@signalbox/catalog/cursor";
import type { TurnFrame } from "@signalbox/catalog/stream-frames";
import { EntryPosition, readEntry, type LoggedEntry } from "@signalbox/catalog/turn-entry";
import type { Clock } from "../clock.ts";
import { SignalboxClientError } from "./client-error.ts";
import { holdForService, type LinkState, type ServiceStream } from "./hold-for-service.ts";
import { pull, type Sink } from "./pull.ts";

/** An entry, and the position after it. */
export type FollowedEntry = LoggedEntry & { cursor: string };

/** `start`: drop what you have, the whole log follows. `record`: the log is gone, `turn.get` has the record; the loop ends. */
export interface TurnResync {
  from: "start" | "record";
  cursor: string;
}

export interface TurnOptions {
  /** A cursor of this client's or of `turn.get`. Absent or null: from the first entry. */
  after?: string | null | undefined;
  /** Ends the loop by throwing `aborted`. The turn itself goes on: stopping that is `turn.stop`. */
  signal?: AbortSignal | undefined;
  /** Awaited before the loop goes on. Without it a resync is thrown. */
  onResync?: ((resync: TurnResync) => void | Promise<void>) | undefined;
  onLink?: ((state: LinkState) => void) | undefined;
}

/** A turn's entries without gap or repetition. It ends after the turn-end; a further loop goes on where the last one stopped. */
export interface EntryStream extends AsyncIterable<FollowedEntry> {
  /** After everything that the loop was given; null before the first entry of a turn that is read from its start. */
  readonly cursor: string | null;
}

export interface EntryStreamDependencies {
  subscribe: ServiceStream<TurnFrame, { turnId: string }>;
  clock: Clock;
  random: () => number;
}

type Item = { cursor: string } & ({ kind: "entry"; entry: LoggedEntry } | { kind: "resync"; from: TurnResync["from"] });

export function createEntryStream(
  turnId: string,
  options: TurnOptions,
  dependencies: EntryStreamDependencies,
): EntryStream {
  const { signal, onResync } = options;
  let cursor = options.after ?? null;
  let isOver = false;

  async function* follow(): AsyncGenerator<FollowedEntry, void, undefined> {
    if (isOver) return;
    /** After what was put last; what the loop was given stands behind it. */
    let at = cursor;
    const open = (sink: Sink<Item>) =>
      holdForService<TurnFrame>({
        what: `turn ${JSON.stringify(turnId)}`,
        open: (lastEventId, handlers) =>
          dependencies.subscribe({ turnId, ...(lastEventId !== undefined && { lastEventId }) }, handlers),
        after: at,
        onFrame({ id, data }, stream) {
          if (data.type === "close") return stream.obey(data.code);
          if (data.type === "resync") {
            at = id;
            sink.put([{ kind: "resync", from: data.from, cursor: id }]);
            if (data.from === "record") sink.end();
          }
          if (data.type !== "entries") return;
          const taken = takeEntries(at, id, data);
          if (taken === "gap") return stream.resumeFrom(at ?? undefined);
          if (taken.length > 0) at = id;
          sink.put(taken);
          if (taken.at(-1)?.entry.kind === "turn-end") sink.end();
        },
        onFail: sink.fail,
        // At the head of a turn that has ended nothing follows.
        onEnd: sink.end,
        onLink: options.onLink,
        ...dependencies,
      });
    for await (const item of pull<Item>({ open, max: SERVICE_QUEUE, signal })) {
      if (item.kind === "resync") {
        if (!onResync) throw resyncError(turnId, item);
        await onResync({ from: item.from, cursor: item.cursor });
      }
      cursor = item.cursor;
      if (item.kind === "entry") {
        isOver = item.entry.kind === "turn-end";
        yield { ...item.entry, cursor };
      }
    }
  }

  return {
    get cursor() {
      return cursor;
    },
    [Symbol.asyncIterator]: follow,
  };
}

/** What of a frame is new, or `gap` when something before it is missing, or when merged entries overlap what is known. */
function takeEntries(
  at: string | null,
  id: string,
  { first, last, entries }: Extract<TurnFrame, { type: "entries" }>,
): (Item & { kind: "entry" })[] | "gap" {
  const known = parseCursor(at)?.seq ?? 0;
  if (last <= known) return [];
  if (first > known + 1 || last < first) return "gap";
  const repeated = known + 1 - first;
  if (repeated > 0 && entries.length !== last - first + 1) return "gap";
  const epoch = parseCursor(id)?.epoch ?? 0;
  return entries.slice(repeated).map((value, index, rest) => {
    const entry = loggedEntry(value, first + repeated + index);
    const cursor = index === rest.length - 1 ? id : formatCursor({ epoch, seq: entry.seq });
    return { kind: "entry", entry, cursor };
  });
}

/** Entries of a newer host are kept as `raw`, with their place. */
function loggedEntry(value: unknown, seq: number): LoggedEntry {
  return { ...readEntry(value), ...(EntryPosition.safeParse(value).data ?? { seq, at: 0 }) };
}

function resyncError(turnId: string, { from, cursor }: TurnResync): SignalboxClientError {
  const words = from === "start" ? "read it from its start" : "its log is gone, turn.get has the record";
  return new SignalboxClientError("resync", `Turn ${JSON.stringify(turnId)} can't be continued: ${words}.`, {
    details: { turnId, from, cursor: from === "start" ? null : cursor },
  });
}
