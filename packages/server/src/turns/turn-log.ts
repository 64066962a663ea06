/** The durable log of a turn, as rows of `log_entry`, and its tail on this host. */
import { TURN_RING_LENGTH } from "@signalbox/catalog/bounds";
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { and, asc, eq, gt, sql } from "drizzle-orm";
import { createTail, type Tail } from "../log/tail.ts";
import { logEntry } from "../store/schema.ts";
import { ring, RING_ALL, type Store, type Tx } from "../store/store.ts";
import type { EntryText } from "./entry-text.ts";
import { turnLogName } from "./turn-log-name.ts";
import { createPageReader, type ReadPage } from "./page-reader.ts";

/** Rung with turns' ids, with commas between them, when entries of them were committed. */
const TURN_CHANNEL = "signalbox_turn";

/** Ids of one ring: a notification takes 8,000 bytes. */
const RING_IDS = 150;

/** Entries that a first viewer may be behind for its replay to be kept for others: about as many as a ring takes. */
const BACKFILL = 16_384;

/** Entries of one read: a turn of ten thousand words. What they weigh is bounded by the reader of pages. */
const PAGE_ENTRIES = 10_240;

/** What a row in memory costs beside its text, in the ring's measure. */
const ROW_LENGTH = 64;

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
      from json_to_recordset(${`[${rows.join()}]`}::text::json)
        as entry(log text, seq integer, workspace_id text, at bigint, body json)`);
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
  for (let first = 0; first < grown.length; first += RING_IDS) {
    const ids = grown.slice(first, first + RING_IDS).map(({ turn: target }) => target.id);
    await ring(tx, TURN_CHANNEL, ids.join());
  }
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
  readonly tail: Tail<EntryText>;
  /** Entries after a position, at most `limit`, with the log's bounds of the same read. Null: there is no such turn. */
  after: ReadPage;
  stop(): Promise<void>;
}

export async function createTurnLog(store: Store, onError: (error: unknown) => void): Promise<TurnLog> {
  const read = createPageReader(store);
  const tail = createTail<EntryText>({
    read,
    ringWeight: TURN_RING_LENGTH,
    weigh: ({ json }) => json.length + ROW_LENGTH,
    backfill: BACKFILL,
    pageSize: PAGE_ENTRIES,
    onError,
  });
  const unlisten = await store.listen(TURN_CHANNEL, (turnIds) => {
    for (const turnId of turnIds.split(",")) tail.wake(turnId || RING_ALL);
  });
  return {
    tail,
    after: read,
    async stop() {
      await unlisten();
      await tail.stop();
    },
  };
}
