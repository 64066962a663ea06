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
  epoch(): number;
  stop(): Promise<void>;
}

export async function createSignals(store: Store, onError: (error: unknown) => void): Promise<Signals> {
  const tail = createTail<Signal>({
    read: (workspaceId, after, limit) => readOutbox(store, workspaceId, after, limit),
    ringSize: SIGNAL_RING,
    pageSize: 512,
    onError,
  });
  const unlisten = await store.listen(OUTBOX_CHANNEL, (workspaceId) => tail.wake(workspaceId || RING_ALL));
  return {
    tail,
    epoch: store.epoch,
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

/** Rows and head in one statement each, head first: a row above the head is never taken for missing. */
function readOutbox(store: Store, workspaceId: string, after: number, limit: number): Promise<Page<Signal> | null> {
  return store.system(async (tx) => {
    const [head] = await tx.select().from(outboxHead).where(eq(outboxHead.workspaceId, workspaceId));
    if (!head) return null;
    if (after >= head.seq) return { rows: [], head: head.seq, floor: head.floor };
    const rows = await tx
      .select()
      .from(outbox)
      .where(and(eq(outbox.workspaceId, workspaceId), gt(outbox.seq, after)))
      .orderBy(asc(outbox.seq))
      .limit(limit);
    return {
      rows: rows.map((row) => ({ seq: row.seq, value: toSignal(row) })),
      head: head.seq,
      floor: head.floor,
    };
  });
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
