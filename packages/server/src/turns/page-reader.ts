/**
 * Reads pages of turns' logs. What is asked for while another read is under way is read together, in one statement: a group
 * commit rings a hundred turns at once, and a query for each would cost more than all that is read.
 */
import { sql } from "drizzle-orm";
import type { Page } from "../log/tail.ts";
import type { Store } from "../store/store.ts";
import type { EntryText } from "./entry-text.ts";
import { TURN_LOG_PREFIX } from "./turn-log-name.ts";

/** The largest number that the column takes; a cursor may name any. */
const SEQ_MAX = 2_147_483_647;

/** Statements under way: one for those who want what is new, while another brings somebody a long replay. */
const CONCURRENCY = 2;

/**
 * Bodies of a page, in bytes of the store; the first entry comes whatever it weighs. A turn of ten thousand words fits into
 * one page, and one of ten thousand outputs of 64 KiB does not become a value of 640 MB.
 */
const PAGE_MAX_BYTES = 2 * 1024 * 1024;

interface Asked {
  turnId: string;
  after: number;
  limit: number;
  resolve(page: Page<EntryText> | null): void;
  reject(error: unknown): void;
}

interface Found {
  n: number;
  head: number;
  floor: number;
  /** Sequence numbers of the page's first and last entry. */
  first: number | null;
  last: number | null;
  /** The page's entries, a line each, with the time before the body: JSON as we write it has no line ends of its own. */
  lines: string | null;
}

/** At most `limit` entries, and about 2 MiB. `null`: there is no such turn. Head, floor and rows of a page are of one snapshot. */
export type ReadPage = (turnId: string, after: number, limit: number) => Promise<Page<EntryText> | null>;

export function createPageReader(store: Store): ReadPage {
  let waiting: Asked[] = [];
  let underWay = 0;

  async function readWaiting(): Promise<void> {
    underWay++;
    // Those who ask in the same turn of the event loop are read together too.
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        const pages = await readPages(store, group);
        for (const [n, asked] of group.entries()) asked.resolve(pages.get(n) ?? null);
      } catch (error) {
        for (const asked of group) asked.reject(error);
      }
    }
    underWay--;
  }

  return (turnId, after, limit) =>
    new Promise((resolve, reject) => {
      waiting.push({ turnId, after: Math.min(after, SEQ_MAX), limit, resolve, reject });
      if (underWay < CONCURRENCY) void readWaiting();
    });
}

/**
 * Pages by their number in the group. A page is one row: a driver takes longer for two thousand rows than the store for the
 * page. Its lines are in the order of the limited inner query; an `order by` of the aggregate's own would sort them again.
 */
async function readPages(store: Store, group: readonly Asked[]): Promise<Map<number, Page<EntryText>>> {
  const asked = JSON.stringify(group.map(({ turnId, after, limit }, n) => ({ n, id: turnId, after, most: limit })));
  const found = await store.rows<Found>(
    sql`select asked.n, turn.last_seq as head, turn.floor, page.first, page.last, page.lines
      from jsonb_to_recordset(${asked}::text::jsonb) as asked(n integer, id text, after integer, most integer)
      join turn on turn.id = asked.id
      cross join lateral (
        select min(seq) as first, max(seq) as last, string_agg(at || body::text, E'\n') as lines
        from (
          select seq, at, body, sum(pg_column_size(body)) over (
            order by seq rows between unbounded preceding and 1 preceding
          ) as before
          from (
            select seq, at, body from log_entry
            where log = ${TURN_LOG_PREFIX} || asked.id and seq > asked.after
            order by seq limit asked.most
          ) as entry
        ) as weighed
        where before is null or before < ${PAGE_MAX_BYTES}::integer
      ) as page`,
  );
  return new Map(found.map((row) => [row.n, toPage(row)]));
}

function toPage({ head, floor, first, last, lines }: Found): Page<EntryText> {
  if (first === null || last === null || lines === null) return { rows: [], head, floor };
  const rows = lines.split("\n").map((line, index) => {
    const seq = first + index;
    const body = line.indexOf("{");
    return { seq, value: { seq, json: `{"seq":${seq},"at":${line.slice(0, body)},${line.slice(body + 1)}` } };
  });
  if (rows.length !== last - first + 1) throw new Error(`A turn's log has a hole between ${first} and ${last}.`);
  return { rows, head, floor };
}
