/** Signals on their way out: the relay that tails each workspace's outbox once per host, and the position of its head. */
import { SIGNAL_RING } from "@signalbox/catalog/bounds";
import { formatCursor } from "@signalbox/catalog/cursor";
import type { Signal } from "@signalbox/catalog/signals";
import { and, asc, eq, gt } from "drizzle-orm";
import { createTail, type Page, type Tail } from "../log/tail.ts";
import { outbox, outboxHead } from "../store/schema.ts";
import { RING_ALL, type Store } from "../store/store.ts";
import { OUTBOX_CHANNEL } from "./outbox.ts";

export interface Signals {
  readonly tail: Tail<Signal>;
  /** The cursor of the newest signal of a workspace. Take it before the reads that it shall stand for. */
  position(workspaceId: string): Promise<string>;
  /** The newest sequence number of a workspace, and the one up to which rows are gone. Null: there is no such workspace. */
  bounds(workspaceId: string): Promise<{ head: number; floor: number } | null>;
  /** Signals after a position, at most `limit`, with the log's bounds of the same read. Null: there is no such workspace. */
  after(workspaceId: string, seq: number, limit: number): Promise<Page<Signal> | null>;
  epoch(): number;
  stop(): Promise<void>;
}

export async function createSignals(store: Store, onError: (error: unknown) => void): Promise<Signals> {
  const tail = createTail<Signal>({
    read: (workspaceId, after, limit) => readOutbox(store, workspaceId, after, limit),
    ringWeight: SIGNAL_RING,
    weigh: () => 1,
    backfill: 0,
    pageSize: 512,
    onError,
  });
  const unlisten = await store.listen(OUTBOX_CHANNEL, (workspaceId) => tail.wake(workspaceId || RING_ALL));
  return {
    tail,
    epoch: store.epoch,
    bounds: (workspaceId) => readOutbox(store, workspaceId, Number.MAX_SAFE_INTEGER, 1),
    after: (workspaceId, seq, limit) => readOutbox(store, workspaceId, seq, limit),
    async position(workspaceId) {
      const page = await readOutbox(store, workspaceId, Number.MAX_SAFE_INTEGER, 1);
      return formatCursor({ epoch: store.epoch(), seq: page?.head ?? 0 });
    },
    async stop() {
      await unlisten();
      await tail.stop();
    },
  };
}

/** One statement: head, floor and rows are of one snapshot, and a ring costs one round trip to the store. */
async function readOutbox(
  store: Store,
  workspaceId: string,
  after: number,
  limit: number,
): Promise<Page<Signal> | null> {
  const found = await store.db
    .select({ head: outboxHead.seq, floor: outboxHead.floor, row: outbox })
    .from(outboxHead)
    .leftJoin(outbox, and(eq(outbox.workspaceId, outboxHead.workspaceId), gt(outbox.seq, after)))
    .where(eq(outboxHead.workspaceId, workspaceId))
    .orderBy(asc(outbox.seq))
    .limit(limit);
  const [first] = found;
  if (!first) return null;
  const rows = found.flatMap(({ row }) => (row ? [{ seq: row.seq, value: toSignal(row) }] : []));
  return { rows, head: first.head, floor: first.floor };
}

function toSignal(row: typeof outbox.$inferSelect): Signal {
  return {
    name: row.name,
    ids: row.ids,
    workspaceId: row.workspaceId,
    ...(row.personId ? { personId: row.personId } : {}),
    at: row.at.getTime(),
  };
}
