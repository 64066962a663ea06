/**
 * One viewer's stream of a turn: replay from its cursor, then live, then the turn-end, and the stream completes.
 * A cursor that can't be continued yields a resync that carries where the view starts anew, never silence.
 */
import { TURN_FRAME_ENTRIES, TURN_ROLLUP_ENTRIES } from "@signalbox/catalog/bounds";
import { formatCursor, parseCursor } from "@signalbox/catalog/cursor";
import type { CloseCode, TurnFrame } from "@signalbox/catalog/stream-frames";
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { HEARTBEAT_MS } from "@signalbox/catalog/timing";
import { rollUp } from "@signalbox/catalog/turn-rollup";
import type { Row, TailReader } from "../log/tail.ts";
import { closeCodeOf, type StreamSlot } from "../streams/admission.ts";
import { comeBack, withDeadline } from "../streams/pause.ts";
import type { StreamPiece } from "../streams/stream-format.ts";
import { isTurnEnd, parseEntryText, type EntryText } from "./entry-text.ts";
import type { TurnLog } from "./turn-log.ts";

export interface TurnRequest {
  turnId: string;
  epoch: number;
  lastEventId: string | undefined;
  /** The head of the log when the turn has ended, else null; both of one snapshot. */
  endedAt(): Promise<number | null>;
  gone: AbortSignal;
  slot: StreamSlot;
  /** Adjacent deltas merged: for readers who fold the turn and keep no entries. */
  isRolledUp: boolean;
  /** Whether the viewer may still read; asked on heartbeats. */
  recheck(): Promise<CloseCode | null>;
}

/** A frame on its way to a socket: entries are text already, and whoever wants them as values parses them (`frameOfTurn`). */
export type TurnPiece = StreamPiece<TurnFrame>;

export async function* streamTurn(log: TurnLog, request: TurnRequest): AsyncGenerator<TurnPiece> {
  const { turnId, epoch, gone, slot, isRolledUp } = request;
  const frameSize = frameSizeOf(isRolledUp);
  const at = (seq: number) => formatCursor({ epoch, seq });
  const given = parseCursor(request.lastEventId);
  const joined = await log.tail.join(turnId, given?.epoch === epoch ? given.seq : 0);
  if (!joined) {
    yield { cursor: at(0), frame: { type: "close", code: "not-found" } };
    return;
  }
  const { reader, floor, head } = joined;
  try {
    const isUnknown = request.lastEventId !== undefined && (!given || given.epoch !== epoch || given.seq > joined.head);
    if (isUnknown || reader.position < floor) {
      const frame = startAnew(reader, floor, isUnknown ? "unknown-cursor" : "pruned");
      yield { cursor: at(reader.position), frame };
    }
    let checkedAt = performance.now();
    // An end that comes later comes as a row; only one that was there before has to be asked for.
    let isEndAsked = false;
    while (!gone.aborted) {
      if (slot.closing.aborted) return yield* close(at(reader.position), closeCodeOf(slot));
      // Up to where everybody's frames end: viewers of one turn are written the same bytes, whatever place they begin from.
      const taken = await reader.take(frameSize - (reader.position % frameSize));
      if (taken.kind === "lost") {
        // Ahead of the log now: the store was restored under this reader.
        const frame = startAnew(reader, taken.head, reader.position > taken.head ? "unknown-cursor" : "pruned");
        isEndAsked = false;
        yield { cursor: at(reader.position), frame };
        continue;
      }
      const last = taken.rows.at(-1);
      if (last) {
        yield pieceOf(taken.rows, { cursor: at(last.seq), isRolledUp });
        if (isTurnEnd(last.value)) return;
        continue;
      }
      // This host's loop is on its way to where the log stood when this viewer came.
      const isBehind = reader.position < head;
      // "No row" means the end only at the head of a turn that has ended.
      if (!isEndAsked && !isBehind && (await request.endedAt()) === reader.position) return;
      isEndAsked ||= !isBehind;
      if (performance.now() - checkedAt >= HEARTBEAT_MS) {
        const code = await request.recheck();
        if (code) return yield* close(at(reader.position), code);
        checkedAt = performance.now();
        isEndAsked = false;
      }
      await withDeadline(HEARTBEAT_MS, [gone, slot.closing], (signal) => reader.wait(signal));
    }
  } finally {
    reader.leave();
  }
}

function frameSizeOf(isRolledUp: boolean): number {
  return isRolledUp ? TURN_ROLLUP_ENTRIES : TURN_FRAME_ENTRIES;
}

/** Pieces of whole frames, by their first row: they live as long as a ring holds it. */
const wholePieces = new WeakMap<Row<EntryText>, TurnPiece>();
const wholeRollups = new WeakMap<Row<EntryText>, TurnPiece>();

function pieceOf(
  rows: readonly Row<EntryText>[],
  { cursor, isRolledUp }: { cursor: string; isRolledUp: boolean },
): TurnPiece {
  const [first] = rows;
  const whole = isRolledUp ? wholeRollups : wholePieces;
  const isWhole = rows.length === frameSizeOf(isRolledUp);
  const known = first && isWhole ? whole.get(first) : undefined;
  if (known?.cursor === cursor) return known;
  const texts = rows.map((row) => row.value);
  const entries =
    isRolledUp && texts.length > 1
      ? JSON.stringify(rollUp(texts.map(parseEntryText)))
      : `[${texts.map(({ json }) => json).join()}]`;
  const members = `"first":${first?.seq},"last":${rows.at(-1)?.seq},"entries":${entries}`;
  const piece: TurnPiece = { cursor, type: "entries", members, isShared: isWhole };
  if (first && isWhole) whole.set(first, piece);
  return piece;
}

/** The frame of a piece, for readers in this process and for tRPC's own rendering. */
export function frameOfTurn(piece: TurnPiece): { cursor: string; frame: TurnFrame } {
  if ("frame" in piece) return piece;
  const { cursor, type, members } = piece;
  return { cursor, frame: JSON.parse(`{"type":${JSON.stringify(type)},${members}}`) as TurnFrame };
}

/** Entries of a turn in order, for readers in this process. Ends after the turn-end or when the signal aborts. */
export async function* followTurn(log: TurnLog, turnId: string, signal: AbortSignal): AsyncGenerator<LoggedEntry> {
  const joined = await log.tail.join(turnId, 0);
  if (!joined) return;
  const { reader } = joined;
  try {
    while (!signal.aborted) {
      const taken = await reader.take(TURN_FRAME_ENTRIES);
      if (taken.kind === "lost") reader.moveTo(taken.head);
      else {
        for (const row of taken.rows) {
          const entry = parseEntryText(row.value);
          yield entry;
          if (entry.kind === "turn-end") return;
        }
        if (taken.rows.length === 0) await reader.wait(signal);
      }
    }
  } finally {
    reader.leave();
  }
}

/** From the first entry while the log is whole, else from the record that stands for what is gone. */
function startAnew(
  reader: TailReader<EntryText>,
  floor: number,
  reason: Extract<TurnFrame, { type: "resync" }>["reason"],
): TurnFrame {
  const isWhole = floor === 0;
  reader.moveTo(isWhole ? 0 : Math.max(floor, reader.head));
  return { type: "resync", from: isWhole ? "start" : "record", reason };
}

async function* close(cursor: string, code: CloseCode): AsyncGenerator<TurnPiece> {
  yield { cursor, frame: { type: "close", code } };
  throw comeBack();
}
