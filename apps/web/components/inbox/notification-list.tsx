"use client";
/** Notifications, newest first: the same list in the bell and in the inbox. What is unread is marked until it is opened. */
import type { NotificationCategory } from "@signalbox/catalog/notifications";
import { clsx } from "clsx";
import { Bot, Kanban, MessageCircleQuestionMark, ShieldCheck, type LucideIcon } from "lucide-react";
import Link from "next/link";
import { placeHref, planHref } from "../../lib/places.ts";
import type { Notification } from "../../lib/records.ts";
import { TimeAgo } from "../ui/time.tsx";

const ICONS: Record<NotificationCategory, LucideIcon> = {
  plans: Kanban,
  runs: Bot,
  questions: MessageCircleQuestionMark,
  system: ShieldCheck,
};

interface NotificationListProps {
  workspaceId: string;
  items: readonly Notification[];
  /** One was opened, or put away where it leads nowhere. */
  onOpen: (id: string) => void;
  /** A link was followed. */
  onFollow?: () => void;
}

export function NotificationList({ workspaceId, items, onOpen, onFollow }: NotificationListProps) {
  return (
    <ul className="divide-y divide-line">
      {items.map((item) => (
        <li key={item.id} data-notification={item.readAt === null ? "unread" : "read"}>
          <Row
            item={item}
            href={hrefOf(workspaceId, item)}
            onOpen={() => item.readAt === null && onOpen(item.id)}
            onFollow={onFollow}
          />
        </li>
      ))}
    </ul>
  );
}

interface RowProps {
  item: Notification;
  href: string | null;
  onOpen: () => void;
  onFollow: (() => void) | undefined;
}

function Row({ item, href, onOpen, onFollow }: RowProps) {
  const isUnread = item.readAt === null;
  const Icon = ICONS[item.category];
  const row = "flex min-h-11 w-full items-start gap-2.5 px-3 py-2 text-left";
  const active = `${row} hover:bg-hover focus-visible:-outline-offset-2`;
  const words = (
    <>
      <Icon aria-hidden size={15} className={clsx("mt-0.5 shrink-0", isUnread ? "text-accent" : "text-faint")} />
      <span className="min-w-0 flex-1 wrap-anywhere">
        <span className={isUnread ? "font-semibold" : "text-soft"}>{item.title}</span>
        <span className="block text-2xs text-faint">
          {item.says} · <TimeAgo at={item.createdAt} />
        </span>
      </span>
      {isUnread ? (
        <span className="mt-1.5 size-2 shrink-0 rounded-full bg-accent">
          <span className="sr-only">Unread</span>
        </span>
      ) : null}
    </>
  );
  if (href !== null) {
    return (
      <Link
        href={href}
        prefetch={false}
        onClick={() => {
          onOpen();
          onFollow?.();
        }}
        className={active}
      >
        {words}
      </Link>
    );
  }
  if (!isUnread) return <div className={row}>{words}</div>;
  return (
    <button type="button" onClick={onOpen} title="Mark as read" className={active}>
      {words}
    </button>
  );
}

/** Where the record is shown; null for what has no page (yet). */
function hrefOf(workspaceId: string, { ids }: Notification): string | null {
  if (ids["plan"]) return planHref(workspaceId, ids["plan"]);
  if (ids["run"]) return placeHref(workspaceId, "runs");
  return ids["operator"] ? placeHref(workspaceId, "operators") : null;
}
