/** What time and restored copies do to a turn's log in a store. */
import { logEntry, run, turn } from "@signalbox/server/store/schema";
import type { Store } from "@signalbox/server/store/store";
import { turnLogName } from "@signalbox/server/turns/turn-log-name";
import { and, eq, gt, lte } from "drizzle-orm";

/** The log of a turn that ended loses its entries up to here. */
export function forgetFirst(store: Store, turnId: string, floor: number): Promise<void> {
  return store.system(async (tx) => {
    await tx.update(turn).set({ floor }).where(eq(turn.id, turnId));
    await tx.delete(logEntry).where(and(eq(logEntry.log, turnLogName(turnId)), lte(logEntry.seq, floor)));
  });
}

/** As the store was before it had anything behind this entry; and as one does after a restore, a new epoch. */
export async function loseLast(store: Store, turnId: string, head: number): Promise<void> {
  await store.system(async (tx) => {
    await tx.delete(logEntry).where(and(eq(logEntry.log, turnLogName(turnId)), gt(logEntry.seq, head)));
    const [row] = await tx
      .update(turn)
      .set({ lastSeq: head, status: "streaming", outcome: null, record: null, endedAt: null })
      .where(eq(turn.id, turnId))
      .returning({ runId: turn.runId });
    if (row) await tx.update(run).set({ state: "running", outcome: null, endedAt: null }).where(eq(run.id, row.runId));
  });
  await store.raiseEpoch();
}
