/** The durable log of a turn, as rows of `log_entry`, and its tail on this host. */
import { TURN_RING } from "@signalbox/catalog/bounds";
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { and, asc, eq, gt, sql } from "drizzle-orm";
import { createTail, type Page, type Tail } from "../log/tail.ts";
import { logEntry, turn } from "../store/schema.ts";
import { RING_ALL, type Store, type Tx } from "../store/store.ts";

/** Rung with a turn's id when entries of it were committed. */
const TURN_CHANNEL = "signalbox_turn";

/** The largest number that the column takes; a cursor may name any. */
const SEQ_MAX = 2_147_483_647;

export function turnLogName(turnId: string): string {
  return `turn:${turnId}`;
}

/** JSON of one insert, in characters; a single entry may be larger. */
const INSERT_MAX_LENGTH = 4 * 1024 * 1024;

/**
 * Adds entries behind the heads of turns. The caller holds the turns' row locks and has checked the sequences. All rows are
 * one parameter: a group commit has more rows than a statement takes parameters for.
 */
export async function appendEntries(
  tx: Tx,
  grown: readonly { turn: { id: string; workspaceId: string }; entries: readonly LoggedEntry[] }[],
): Promise<void> {
  let rows: string[] = [];
  let length = 0;
  const insert = async () => {
    await tx.execute(sql`insert into log_entry (log, seq, workspace_id, at, body)
      select log, seq, workspace_id, at, body
      from jsonb_to_recordset(${`[${rows.join()}]`}::text::jsonb)
        as entry(log text, seq integer, workspace_id text, at bigint, body jsonb)`);
    rows = [];
    length = 0;
  };
  for (const { turn: target, entries } of grown) {
    for (const { seq, at, ...body } of entries) {
      const row = JSON.stringify({ log: turnLogName(target.id), seq, workspace_id: target.workspaceId, at, body });
      if (length + row.length > INSERT_MAX_LENGTH && rows.length > 0) await insert();
      rows.push(row);
      length += row.length;
    }
  }
  await insert();
  const ids = JSON.stringify(grown.map(({ turn: target }) => target.id));
  await tx.execute(
    sql`select pg_notify(${TURN_CHANNEL}, id) from jsonb_array_elements_text(${ids}::text::jsonb) as id`,
  );
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
