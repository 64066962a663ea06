/** What a person wants to be told of in a workspace, by category. A muted category makes no notification at all. */
import {
  NOTIFICATION_CATEGORIES,
  NOTIFICATION_CATEGORY_NAMES,
  type NotificationCategory,
} from "@signalbox/catalog/notifications";
import { and, eq } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { SignalboxError } from "../errors.ts";
import { mutate } from "../signals/outbox.ts";
import { member, notificationMute } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";

export interface NotificationPreference {
  category: NotificationCategory;
  title: string;
  summary: string;
  isOn: boolean;
}

export function createNotificationPreferences(store: Store) {
  const list = async (tx: Tx, scope: Scope): Promise<NotificationPreference[]> => {
    const rows = await tx.select({ category: notificationMute.category }).from(notificationMute).where(ownOf(scope));
    const muted = new Set(rows.map(({ category }) => category));
    return NOTIFICATION_CATEGORY_NAMES.map((category) => ({
      category,
      ...NOTIFICATION_CATEGORIES[category],
      isOn: !muted.has(category),
    }));
  };

  return {
    /** All categories, in the catalog's order. */
    list: (scope: Scope): Promise<NotificationPreference[]> => store.read(scope, (tx) => list(tx, scope)),

    /** `forbidden` for an API key: it is told of nothing. */
    set: (
      scope: Scope,
      { category, isOn }: { category: NotificationCategory; isOn: boolean },
    ): Promise<NotificationPreference[]> =>
      mutate(store, scope, async (tx, emit) => {
        const { workspaceId, personId: userId } = scope;
        const isMember = await tx
          .select({ id: member.userId })
          .from(member)
          .where(and(eq(member.workspaceId, workspaceId), eq(member.userId, userId)));
        if (isMember.length === 0) throw new SignalboxError("forbidden", "An API key gets no notifications.");
        const changed = isOn
          ? await tx
              .delete(notificationMute)
              .where(and(ownOf(scope), eq(notificationMute.category, category)))
              .returning()
          : await tx
              .insert(notificationMute)
              .values({ workspaceId, userId, category })
              .onConflictDoNothing()
              .returning();
        if (changed.length === 0) emit.nothing("it was so before");
        else emit("notification-preference.changed", { "notification-preference": category }, { personId: userId });
        return list(tx, scope);
      }),
  };
}

function ownOf(scope: Scope) {
  return and(eq(notificationMute.workspaceId, scope.workspaceId), eq(notificationMute.userId, scope.personId));
}
