/**
 * A person's notifications: listed, looked at, read. What makes them are the rules of the catalog
 * (`notifications/make-notifications.ts`); here nothing is written but what its own person did with it.
 */
import { ROWS_PER_LIST } from "@signalbox/catalog/bounds";
import type { NotificationCategory } from "@signalbox/catalog/notifications";
import { and, count, desc, eq, inArray, isNull, sql, type SQL } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { mutate } from "../signals/outbox.ts";
import { notification } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";

export interface NotificationItem {
  id: string;
  category: NotificationCategory;
  /** The title of the record that it is about, and what happened to it: as they were then. */
  title: string;
  says: string;
  /** The signal that it was made of, and its ids: where it leads to. */
  signal: string;
  ids: Record<string, string>;
  createdAt: Date;
  seenAt: Date | null;
  readAt: Date | null;
}

export interface NotificationList {
  /** Counted over all of them, not over the listed ones; what is read is seen. */
  unseen: number;
  unread: number;
  /** Newest first. */
  items: NotificationItem[];
}

export function createNotifications(store: Store) {
  const list = async (tx: Tx, scope: Scope): Promise<NotificationList> => {
    const items = await tx
      .select({
        id: notification.id,
        category: notification.category,
        title: notification.title,
        says: notification.says,
        signal: notification.signal,
        ids: notification.ids,
        createdAt: notification.createdAt,
        seenAt: notification.seenAt,
        readAt: notification.readAt,
      })
      .from(notification)
      .where(ownOf(scope))
      .orderBy(desc(notification.createdAt), desc(notification.id))
      .limit(ROWS_PER_LIST);
    const [counted] = await tx
      .select({ unread: count(), unseen: count(sql`case when ${notification.seenAt} is null then 1 end`) })
      .from(notification)
      .where(and(ownOf(scope), isNull(notification.readAt)));
    return { unseen: counted?.unseen ?? 0, unread: counted?.unread ?? 0, items };
  };

  /** Marks what fits, and answers with the list: repeated, it changes nothing and says nothing. */
  const mark = (
    scope: Scope,
    name: "notification.seen" | "notification.acknowledged",
    change: { seenAt: SQL | Date; readAt?: Date },
    which: SQL | undefined,
  ): Promise<NotificationList> =>
    mutate(store, scope, async (tx, emit) => {
      const [first] = await tx
        .update(notification)
        .set(change)
        .where(and(ownOf(scope), which))
        .returning({ id: notification.id });
      if (!first) emit.nothing("all were marked before");
      else if (name === "notification.seen") emit("notification.seen", { notification: first.id }, own(scope));
      else emit("notification.acknowledged", { notification: first.id }, own(scope));
      return list(tx, scope);
    });

  return {
    list: (scope: Scope): Promise<NotificationList> => store.read(scope, (tx) => list(tx, scope)),

    /** Marks all of the person's notifications in the workspace as seen. */
    seen: (scope: Scope): Promise<NotificationList> =>
      mark(scope, "notification.seen", { seenAt: new Date() }, isNull(notification.seenAt)),

    /** Marks these as read, or all of them; the person's own alone, others are passed over like unknown ones. */
    read: (scope: Scope, ids?: readonly string[]): Promise<NotificationList> => {
      const now = new Date();
      return mark(
        scope,
        "notification.acknowledged",
        { seenAt: sql`coalesce(${notification.seenAt}, ${now.toISOString()}::timestamptz)`, readAt: now },
        and(isNull(notification.readAt), ids === undefined ? undefined : inArray(notification.id, [...ids])),
      );
    },
  };
}

function ownOf(scope: Scope): SQL | undefined {
  return and(eq(notification.workspaceId, scope.workspaceId), eq(notification.userId, scope.personId));
}

function own(scope: Scope): { personId: string } {
  return { personId: scope.personId };
}
