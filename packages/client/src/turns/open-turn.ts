import type { TurnFrame } from "@signalbox/catalog/stream-frames";
import type { PollClient } from "../polling/poll-client.ts";
import { holdStream, type HoldStreamOptions, type OpenStream } from "../streams/hold-stream.ts";
import type { TabScope } from "../tabs/tabs.ts";
import { holdTurn } from "./hold-turn.ts";
import { shareTurn } from "./share-turn.ts";
import { createTurnReader, type TurnReader, type TurnReaderOptions, type TurnRecord } from "./turn-reader.ts";

/** The part of the client that a turn's reader uses. */
export interface TurnClient {
  turn: {
    get: { query(input: { turnId: string }, options?: { signal?: AbortSignal }): Promise<TurnRecord> };
  };
}

export interface OpenTurnOptions extends Omit<TurnReaderOptions, "open" | "hold" | "load"> {
  client: TurnClient;
  /** `client.turn.subscribe`, or whatever opens the subscription. */
  subscribe(
    input: { turnId: string; rollup?: boolean; lastEventId?: string },
    options: Parameters<OpenStream<TurnFrame>>[1],
  ): { unsubscribe(): void };
  /** For the times without a stream; without it the stream is retried and nothing else. */
  poll?: Pick<PollClient, "turn"> | undefined;
  /** Tabs to share the stream with. Takes effect with `poll`. */
  scope?: TabScope | null | undefined;
}

/** A reader of one turn over the typed client. It is not started yet. It folds entries, so it has their deltas merged. */
export function openTurn({ client, subscribe, poll, scope, ...options }: OpenTurnOptions): TurnReader {
  const { turnId } = options;
  const hold = (held: HoldStreamOptions<TurnFrame>) => {
    if (!poll) return holdStream(held);
    return scope ? shareTurn({ ...held, turnId, poll, scope }) : holdTurn({ ...held, turnId, poll });
  };
  return createTurnReader({
    ...options,
    hold,
    open: (lastEventId, handlers) =>
      subscribe({ turnId, rollup: true, ...(lastEventId !== undefined && { lastEventId }) }, handlers),
    load: (signal) => client.turn.get.query({ turnId }, { signal }),
  });
}
