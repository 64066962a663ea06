/**
 * Forgetting: old signals, old notifications, and the logs of turns and sandboxes that ended. A log's floor is raised in the
 * same transaction, so a cursor below it is told.
 */
import { ATTACHMENT_PIECES_PER_WORKSPACE, NOTIFICATIONS_KEPT, OUTBOX_ROWS_KEPT } from "@signalbox/catalog/bounds";
import {
  ATTACHMENTS_KEPT_MS,
  NOTIFICATIONS_KEPT_MS,
  OUTBOX_KEPT_MS,
  PRUNE_EVERY_MS,
  SANDBOX_LOG_KEPT_MS,
  TURN_LOG_KEPT_MS,
} from "@signalbox/catalog/timing";
import {
  and,
  count,
  desc,
  eq,
  gt,
  inArray,
  isNotNull,
  isNull,
  like,
  lt,
  lte,
  max,
  notExists,
  notInArray,
  or,
  sql,
} from "drizzle-orm";
import { logEntry, notification, operatorCommand, outbox, outboxHead, sandbox, turn } from "./schema.ts";
import { takesItsTime, type Store } from "./store.ts";

export interface PruneLimits {
  outboxMs: number;
  outboxRows: number;
  turnLogMs: number;
  sandboxLogMs: number;
  notificationsMs: number;
  /** Per person and workspace. */
  notifications: number;
  attachmentsMs: number;
  /** Per workspace. */
  attachmentPieces: number;
}

const LIMITS: PruneLimits = {
  outboxMs: OUTBOX_KEPT_MS,
  outboxRows: OUTBOX_ROWS_KEPT,
  turnLogMs: TURN_LOG_KEPT_MS,
  sandboxLogMs: SANDBOX_LOG_KEPT_MS,
  notificationsMs: NOTIFICATIONS_KEPT_MS,
  notifications: NOTIFICATIONS_KEPT,
  attachmentsMs: ATTACHMENTS_KEPT_MS,
  attachmentPieces: ATTACHMENT_PIECES_PER_WORKSPACE,
};

export function startPruning({ store, onError }: { store: Store; onError(error: unknown): void }): {
  stop(): Promise<void>;
} {
  let running: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    running = prune(store).catch(onError);
  }, PRUNE_EVERY_MS);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

/** Prunes once. Limits that are not given are the product's. */
export async function prune(store: Store, given: Partial<PruneLimits> = {}, now = Date.now()): Promise<void> {
  const limits = { ...LIMITS, ...given };
  await pruneOutbox(store, limits, now);
  await pruneTurnLogs(store, limits, now);
  await pruneSandboxLogs(store, limits, now);
  await pruneAttachments(store, limits, now);
  await pruneNotifications(store, limits, now);
  // Commands that were answered, or that came to nothing, are of no use to anybody after a turn's log has gone.
  await store.system(async (tx) => {
    await tx
      .delete(operatorCommand)
      .where(
        and(isNotNull(operatorCommand.repliedAt), lt(operatorCommand.repliedAt, new Date(now - limits.turnLogMs))),
      );
  });
}

async function pruneOutbox(store: Store, limits: PruneLimits, now: number): Promise<void> {
  const heads = await store.system((tx) => tx.select().from(outboxHead));
  for (const { workspaceId } of heads) {
    await store.system(async (tx) => {
      await takesItsTime(tx);
      const [head] = await tx.select().from(outboxHead).where(eq(outboxHead.workspaceId, workspaceId)).for("update");
      if (!head) return;
      const [old] = await tx
        .select({ seq: max(outbox.seq) })
        .from(outbox)
        .where(and(eq(outbox.workspaceId, workspaceId), lt(outbox.at, new Date(now - limits.outboxMs))));
      const floor = Math.max(head.floor, old?.seq ?? 0, head.seq - limits.outboxRows);
      if (floor === head.floor) return;
      await tx.delete(outbox).where(and(eq(outbox.workspaceId, workspaceId), lte(outbox.seq, floor)));
      await tx.update(outboxHead).set({ floor }).where(eq(outboxHead.workspaceId, workspaceId));
    });
  }
}

async function pruneTurnLogs(store: Store, limits: PruneLimits, now: number): Promise<void> {
  await store.system(async (tx) => {
    await takesItsTime(tx);
    const old = await tx
      .update(turn)
      .set({ floor: turn.lastSeq })
      .where(
        and(isNotNull(turn.endedAt), lt(turn.endedAt, new Date(now - limits.turnLogMs)), lt(turn.floor, turn.lastSeq)),
      )
      .returning({ id: turn.id });
    const logs = old.map((row) => `turn:${row.id}`);
    if (logs.length > 0) await tx.delete(logEntry).where(inArray(logEntry.log, logs));
    // Logs of turns that were removed with their plan.
    await tx.delete(logEntry).where(
      and(
        like(logEntry.log, "turn:%"),
        notExists(
          tx
            .select({ id: turn.id })
            .from(turn)
            .where(eq(logEntry.log, sql`'turn:' || ${turn.id}`)),
        ),
      ),
    );
  });
}

async function pruneSandboxLogs(store: Store, limits: PruneLimits, now: number): Promise<void> {
  await store.system(async (tx) => {
    await takesItsTime(tx);
    const old = await tx
      .update(sandbox)
      .set({ floor: sandbox.lastSeq })
      .where(and(lt(sandbox.wentAt, new Date(now - limits.sandboxLogMs)), lt(sandbox.floor, sandbox.lastSeq)))
      .returning({ id: sandbox.id });
    const logs = old.map((row) => `sandbox:${row.id}`);
    if (logs.length > 0) await tx.delete(logEntry).where(inArray(logEntry.log, logs));
    await tx.delete(logEntry).where(
      and(
        like(logEntry.log, "sandbox:%"),
        notExists(
          tx
            .select({ id: sandbox.id })
            .from(sandbox)
            .where(eq(logEntry.log, sql`'sandbox:' || ${sandbox.id}`)),
        ),
      ),
    );
  });
}

async function pruneAttachments(store: Store, limits: PruneLimits, now: number): Promise<void> {
  await store.system(async (tx) => {
    await takesItsTime(tx);
    const isKept = or(isNull(turn.endedAt), gt(turn.endedAt, new Date(now - limits.attachmentsMs)));
    await tx.delete(logEntry).where(
      and(
        like(logEntry.log, "attachment:%"),
        notExists(
          tx
            .select({ id: turn.id })
            .from(turn)
            .where(and(eq(turn.id, sql`split_part(substr(${logEntry.log}, 12), '/', 1)`), isKept)),
        ),
      ),
    );
    const full = await tx
      .select({ workspaceId: logEntry.workspaceId })
      .from(logEntry)
      .where(like(logEntry.log, "attachment:%"))
      .groupBy(logEntry.workspaceId)
      .having(gt(count(), limits.attachmentPieces));
    for (const { workspaceId } of full) {
      // Whole ones, newest first, until the workspace's room is used up.
      await tx.execute(sql`delete from log_entry where log in (
        select log from (
          select log, sum(count(*)) over (order by max(at) desc, log) as pieces from log_entry
          where workspace_id = ${workspaceId} and log like 'attachment:%' group by log
        ) as kept where pieces > ${limits.attachmentPieces})`);
    }
  });
}

async function pruneNotifications(store: Store, limits: PruneLimits, now: number): Promise<void> {
  await store.system(async (tx) => {
    await takesItsTime(tx);
    await tx.delete(notification).where(lt(notification.createdAt, new Date(now - limits.notificationsMs)));
    const { workspaceId, userId, createdAt, id } = notification;
    const full = await tx
      .select({ workspaceId, userId })
      .from(notification)
      .groupBy(workspaceId, userId)
      .having(gt(count(), limits.notifications));
    for (const of of full) {
      const own = and(eq(workspaceId, of.workspaceId), eq(userId, of.userId));
      const kept = tx
        .select({ id })
        .from(notification)
        .where(own)
        .orderBy(desc(createdAt), desc(id))
        .limit(limits.notifications);
      await tx.delete(notification).where(and(own, notInArray(id, kept)));
    }
  });
}
