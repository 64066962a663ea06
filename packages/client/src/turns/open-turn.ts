import type { TurnFrame } from "@signalbox/catalog/stream-frames";
import type { OpenStream } from "../streams/hold-stream.ts";
import { createTurnReader, type TurnReader, type TurnReaderOptions, type TurnRecord } from "./turn-reader.ts";

/** The part of the client that a turn's reader uses. */
export interface TurnClient {
  turn: {
    get: { query(input: { turnId: string }, options?: { signal?: AbortSignal }): Promise<TurnRecord> };
  };
}

export interface OpenTurnOptions extends Omit<TurnReaderOptions, "open" | "load"> {
  client: TurnClient;
  /** `client.turn.subscribe`, or whatever opens the subscription. */
  subscribe(
    input: { turnId: string; lastEventId?: string },
    options: Parameters<OpenStream<TurnFrame>>[1],
  ): { unsubscribe(): void };
}

/** A reader of one turn over the typed client. It is not started yet. */
export function openTurn({ client, subscribe, ...options }: OpenTurnOptions): TurnReader {
  const { turnId } = options;
  return createTurnReader({
    ...options,
    open: (lastEventId, handlers) => subscribe({ turnId, ...(lastEventId !== undefined && { lastEventId }) }, handlers),
    load: (signal) => client.turn.get.query({ turnId }, { signal }),
  });
}
