/** The durable log of a turn, as rows of `log_entry`, and its tail on this host. */
import { TURN_RING } from "@signalbox/catalog/bounds";
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { and, asc, eq, gt } from "drizzle-orm";
import { createTail, type Page, type Tail } from "../log/tail.ts";
import { logEntry, turn } from "../store/schema.ts";
import { ring, RING_ALL, type Store, type Tx } from "../store/store.ts";

/** Rung with a turn's id when entries of it were committed. */
const TURN_CHANNEL = "signalbox_turn";

/** The largest number that the column takes; a cursor may name any. */
const SEQ_MAX = 2_147_483_647;

export function turnLogName(turnId: string): string {
  return `turn:${turnId}`;
}

/** Adds entries behind the head. The caller holds the turn's row lock and has checked their sequence. */
export async function appendEntries(
  tx: Tx,
  target: { id: string; workspaceId: string },
  entries: LoggedEntry[],
): Promise<void> {
  await tx.insert(logEntry).values(
    entries.map(({ seq, at, ...body }) => ({
      log: turnLogName(target.id),
      seq,
      workspaceId: target.workspaceId,
      at,
      body,
    })),
  );
  await ring(tx, TURN_CHANNEL, target.id);
}

export async function readEntries(
  tx: Tx,
  turnId: string,
  after = 0,
  limit = Number.MAX_SAFE_INTEGER,
): Promise<LoggedEntry[]> {
  const query = tx
    .select({ seq: logEntry.seq, at: logEntry.at, body: logEntry.body })
    .from(logEntry)
    .where(and(eq(logEntry.log, turnLogName(turnId)), gt(logEntry.seq, after)))
    .orderBy(asc(logEntry.seq));
  const rows = limit === Number.MAX_SAFE_INTEGER ? await query : await query.limit(limit);
  return rows.map(({ seq, at, body }) => ({ seq, at, ...body }));
}

export interface TurnLog {
  readonly tail: Tail<LoggedEntry>;
  /** Entries after a position, at most `limit`, with the log's bounds of the same read. Null: there is no such turn. */
  after(turnId: string, seq: number, limit: number): Promise<Page<LoggedEntry> | null>;
  stop(): Promise<void>;
}

export async function createTurnLog(store: Store, onError: (error: unknown) => void): Promise<TurnLog> {
  const tail = createTail<LoggedEntry>({
    read: (turnId, after, limit) => readPage(store, turnId, after, limit),
    ringSize: TURN_RING,
    pageSize: 1_024,
    onError,
  });
  const unlisten = await store.listen(TURN_CHANNEL, (turnId) => tail.wake(turnId || RING_ALL));
  return {
    tail,
    after: (turnId, seq, limit) => readPage(store, turnId, seq, limit),
    async stop() {
      await unlisten();
      await tail.stop();
    },
  };
}

/** One statement: head, floor and rows are of one snapshot, and a ring costs one round trip to the store. */
async function readPage(store: Store, turnId: string, after: number, limit: number): Promise<Page<LoggedEntry> | null> {
  const found = await store.db
    .select({ head: turn.lastSeq, floor: turn.floor, seq: logEntry.seq, at: logEntry.at, body: logEntry.body })
    .from(turn)
    .leftJoin(logEntry, and(eq(logEntry.log, turnLogName(turnId)), gt(logEntry.seq, Math.min(after, SEQ_MAX))))
    .where(eq(turn.id, turnId))
    .orderBy(asc(logEntry.seq))
    .limit(limit);
  const [first] = found;
  if (!first) return null;
  const rows = found.flatMap(({ seq, at, body }) =>
    seq === null || at === null || body === null ? [] : [{ seq, value: { seq, at, ...body } }],
  );
  return { rows, head: first.head, floor: first.floor };
}
