"use client";
/** Notifications, newest first: the same list in the bell and in the inbox. */
import { Bot, Kanban, UserRound } from "lucide-react";
import Link from "next/link";
import { planHref } from "../../lib/places.ts";
import type { Notification } from "../../lib/records.ts";
import { TimeAgo } from "../ui/time.tsx";

const KINDS: Record<Notification["category"], { Icon: typeof Bot; words: string }> = {
  "plan-assigned": { Icon: UserRound, words: "Assigned to you" },
  "plan-moved": { Icon: Kanban, words: "Moved" },
  "run-finished": { Icon: Bot, words: "The agent is done" },
};

interface NotificationListProps {
  workspaceId: string;
  items: readonly Notification[];
  /** Those that were unseen when the reader came: they stay marked while they are read. */
  fresh: ReadonlySet<string>;
  onFollow?: () => void;
}

export function NotificationList({ workspaceId, items, fresh, onFollow }: NotificationListProps) {
  return (
    <ul className="divide-y divide-line">
      {items.map((item) => {
        const { Icon, words: what } = KINDS[item.category];
        const isFresh = fresh.has(item.id);
        const words = (
          <>
            <Icon aria-hidden size={15} className="mt-0.5 shrink-0 text-faint" />
            <span className="min-w-0 flex-1 wrap-anywhere">
              <span className={isFresh ? "font-semibold" : ""}>{item.title}</span>
              <span className="block text-2xs text-faint">
                {what} · <TimeAgo at={item.createdAt} />
              </span>
            </span>
            {isFresh ? (
              <span className="mt-1.5 size-2 shrink-0 rounded-full bg-accent">
                <span className="sr-only">New</span>
              </span>
            ) : null}
          </>
        );
        const row = "flex min-h-11 items-start gap-2.5 px-3 py-2";
        return (
          <li key={item.id}>
            {item.planId === null ? (
              <div className={row}>{words}</div>
            ) : (
              <Link
                href={planHref(workspaceId, item.planId)}
                prefetch={false}
                onClick={() => onFollow?.()}
                className={`${row} hover:bg-hover focus-visible:-outline-offset-2`}
              >
                {words}
              </Link>
            )}
          </li>
        );
      })}
    </ul>
  );
}
