/** Reads a stream of frames as a client that takes each at once, and keeps them. */
import type { EventsFrame, TurnFrame } from "@signalbox/catalog/stream-frames";
import type { Scope } from "../src/access/scope.ts";
import { parseTopic } from "../src/signals/audience.ts";
import { streamEvents, type Delivery, type Tracked } from "../src/signals/stream.ts";
import type { StreamSlot } from "../src/streams/admission.ts";
import { frameOfTurn, streamTurn, type TurnPiece } from "../src/turns/stream.ts";
import { eventually } from "./eventually.ts";
import type { Person, TestHost } from "./test-host.ts";

export interface ReadStream<Frame> {
  frames: Tracked<Frame>[];
  slot: StreamSlot;
  /** Resolves with the frames when they match. Throws when the stream ended before. */
  until(matches: (frames: Tracked<Frame>[]) => boolean): Promise<Tracked<Frame>[]>;
  /** How it ended: `null` for a return, else what was thrown. */
  ended: Promise<unknown>;
  /** The client goes away. */
  leave(): Promise<unknown>;
}

export function readStream<Frame>(
  source: AsyncGenerator<Tracked<Frame>>,
  { slot, gone }: { slot: StreamSlot; gone: AbortController },
): ReadStream<Frame> {
  const frames: Tracked<Frame>[] = [];
  let isOver = false;
  const read = async () => {
    try {
      for await (const frame of source) frames.push(frame);
      return null;
    } catch (error) {
      return error;
    } finally {
      isOver = true;
      slot.release();
    }
  };
  const ended = read();
  return {
    frames,
    slot,
    ended,
    async until(matches) {
      await eventually(() => matches(frames) || isOver);
      if (!matches(frames)) throw new Error(`The stream ended after ${JSON.stringify(frames)}: ${String(await ended)}`);
      return frames;
    },
    leave() {
      gone.abort();
      return ended;
    },
  };
}

export interface EventsOptions {
  workspaceId: string;
  lastEventId?: string | undefined;
  delivery?: Delivery;
  topics?: string[];
}

export function readEvents({ host }: TestHost, { principal }: Person, options: EventsOptions): ReadStream<EventsFrame> {
  const { workspaceId, lastEventId, delivery = "latest", topics } = options;
  const gone = new AbortController();
  const recheck = () => host.access.recheck(principal, workspaceId);
  const slot = host.admission.open({ personId: principal.personId, kind: "events", recheck });
  const source = streamEvents(host.signals, {
    listener: { workspaceId, personId: principal.personId },
    delivery,
    topics: topics?.map(parseTopic) ?? null,
    lastEventId,
    gone: gone.signal,
    slot,
    recheck,
  });
  return readStream(source, { slot, gone });
}

export function readTurn(
  { host }: TestHost,
  { principal }: Person,
  {
    scope,
    turnId,
    lastEventId,
    rollup = false,
  }: { scope: Scope; turnId: string; lastEventId?: string | undefined; rollup?: boolean },
): ReadStream<TurnFrame> {
  const gone = new AbortController();
  const recheck = () => host.access.recheck(principal, scope.workspaceId);
  const slot = host.admission.open({ personId: principal.personId, kind: "turn", recheck });
  const source = streamTurn(host.turnLog, {
    turnId,
    epoch: host.store.epoch(),
    lastEventId,
    endedAt: () => host.turns.endedAt(scope, turnId),
    gone: gone.signal,
    slot,
    isRolledUp: rollup,
    recheck,
  });
  return readStream(asFrames(source), { slot, gone });
}

async function* asFrames(pieces: AsyncGenerator<TurnPiece>): AsyncGenerator<Tracked<TurnFrame>> {
  for await (const piece of pieces) yield frameOfTurn(piece);
}
