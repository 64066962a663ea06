"use client";
/** The inbox: all notifications that are kept. Being here counts as having seen them. */
import { useEffect, useState } from "react";
import { EmptyState } from "../ui/empty-state.tsx";
import { NotificationList } from "./notification-list.tsx";
import { useNotifications } from "./use-notifications.ts";

export function Inbox({ workspaceId }: { workspaceId: string }) {
  const { items, unseen, markSeen } = useNotifications(workspaceId);
  const [fresh, setFresh] = useState<ReadonlySet<string>>(() => unseenIds(items));

  // What arrives while one is here is marked as new too, and seen by the same look.
  const arrived = unseenIds(items);
  if ([...arrived].some((id) => !fresh.has(id))) setFresh(new Set([...fresh, ...arrived]));

  useEffect(() => {
    if (unseen === 0) return;
    // A page in the background has not been looked at.
    const look = () => {
      if (document.visibilityState === "visible") markSeen();
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [unseen, markSeen]);

  if (items.length === 0) {
    return (
      <EmptyState title="Nothing here yet">
        You are told when a plan becomes yours, when a plan of yours moves, and when a run that you started ends.
      </EmptyState>
    );
  }
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-surface">
      <NotificationList workspaceId={workspaceId} items={items} fresh={fresh} />
    </div>
  );
}

function unseenIds(items: readonly { id: string; seenAt: Date | null }[]): ReadonlySet<string> {
  return new Set(items.filter((item) => item.seenAt === null).map((item) => item.id));
}
