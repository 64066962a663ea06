/** Notifications: written with what causes them, read and marked by their person alone. Never for one's own acts. */
import { ROWS_PER_LIST } from "@signalbox/catalog/bounds";
import { and, count, desc, eq, isNull } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import type { Scope } from "../access/scope.ts";
import { mutate, type Emit } from "../signals/outbox.ts";
import { notification } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";

export type NotificationCategory = (typeof notification.$inferSelect)["category"];

export interface NotificationItem {
  id: string;
  category: NotificationCategory;
  /** The title of the plan that it is about. */
  title: string;
  planId: string | null;
  runId: string | null;
  createdAt: Date;
  seenAt: Date | null;
}

export interface NotificationList {
  /** Counted over all of them, not over the listed ones. */
  unseen: number;
  /** Newest first. */
  items: NotificationItem[];
}

interface NewNotification {
  userId: string;
  category: NotificationCategory;
  title: string;
  planId?: string;
  runId?: string;
}

/** Writes a notification and its signal into the transaction of what caused it. The caller has made sure that it is not the person's own act. */
export async function notify(
  tx: Tx,
  { workspaceId }: Pick<Scope, "workspaceId">,
  emit: Emit,
  { userId, ...rest }: NewNotification,
): Promise<void> {
  const id = randomUUID();
  await tx.insert(notification).values({ id, workspaceId, userId, ...rest });
  emit("notification.arrived", { notification: id, plan: rest.planId, run: rest.runId }, { personId: userId });
}

export function createNotifications(store: Store) {
  const list = async (tx: Tx, scope: Scope): Promise<NotificationList> => {
    const own = and(eq(notification.workspaceId, scope.workspaceId), eq(notification.userId, scope.personId));
    const items = await tx
      .select({
        id: notification.id,
        category: notification.category,
        title: notification.title,
        planId: notification.planId,
        runId: notification.runId,
        createdAt: notification.createdAt,
        seenAt: notification.seenAt,
      })
      .from(notification)
      .where(own)
      .orderBy(desc(notification.createdAt), desc(notification.id))
      .limit(ROWS_PER_LIST);
    const [unseen] = await tx
      .select({ count: count() })
      .from(notification)
      .where(and(own, isNull(notification.seenAt)));
    return { unseen: unseen?.count ?? 0, items };
  };

  return {
    list: (scope: Scope): Promise<NotificationList> => store.read(scope, (tx) => list(tx, scope)),

    /** Marks all of the person's notifications in the workspace as seen. */
    seen: (scope: Scope): Promise<NotificationList> =>
      mutate(store, scope, async (tx, emit) => {
        const marked = await tx
          .update(notification)
          .set({ seenAt: new Date() })
          .where(
            and(
              eq(notification.workspaceId, scope.workspaceId),
              eq(notification.userId, scope.personId),
              isNull(notification.seenAt),
            ),
          )
          .returning({ id: notification.id });
        const [first] = marked;
        if (first) emit("notification.seen", { notification: first.id }, { personId: scope.personId });
        else emit.nothing("all were seen before");
        return list(tx, scope);
      }),
  };
}
