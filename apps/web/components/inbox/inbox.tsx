"use client";
/** The inbox: all notifications that are kept. Being here counts as having seen them; opening one, as having read it. */
import { CheckCheck } from "lucide-react";
import { useEffect } from "react";
import { EmptyState } from "../ui/empty-state.tsx";
import { NotificationList } from "./notification-list.tsx";
import { NotificationPreferences } from "./notification-preferences.tsx";
import { useNotifications } from "./use-notifications.ts";

export function Inbox({ workspaceId }: { workspaceId: string }) {
  const { items, unseen, unread, markSeen, markRead } = useNotifications(workspaceId);

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

  return (
    <div className="grid items-start gap-x-8 gap-y-6 lg:grid-cols-[minmax(0,1fr)_17rem]">
      <div>
        <div className="mb-2 flex min-h-8 flex-wrap items-center justify-between gap-x-4 pointer-coarse:min-h-11">
          <p data-number className="text-soft">
            {unread === 0 ? "All read" : `${unread} unread`}
            <a href="#told-of" className="ml-4 text-accent hover:underline lg:hidden">
              What you are told of
            </a>
          </p>
          {unread > 0 ? (
            <button
              type="button"
              onClick={() => markRead()}
              className="press text-soft hover:bg-hover hover:text-ink noscript:hidden"
            >
              <CheckCheck aria-hidden size={15} />
              Mark all as read
            </button>
          ) : null}
        </div>
        {items.length === 0 ? (
          <EmptyState title="Nothing here yet">
            You are told when a plan becomes yours or moves, when an agent of yours asks, and when its run ends.
          </EmptyState>
        ) : (
          <div className="overflow-hidden rounded-lg border border-line bg-surface">
            <NotificationList workspaceId={workspaceId} items={items} onOpen={markRead} />
          </div>
        )}
      </div>
      <NotificationPreferences workspaceId={workspaceId} />
    </div>
  );
}
