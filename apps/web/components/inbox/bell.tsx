"use client";
/** The bell: how many notifications are unseen, the newest of them, and the way to all. A look at them marks them seen, opening one marks it read. */
import { Popover } from "@base-ui/react/popover";
import { Bell as BellIcon } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { placeHref } from "../../lib/places.ts";
import { NotificationList } from "./notification-list.tsx";
import { useNotifications } from "./use-notifications.ts";

const SHOWN = 12;

export function Bell({ workspaceId }: { workspaceId: string }) {
  const { items, unseen, unread, markSeen, markRead } = useNotifications(workspaceId);
  const [isOpen, setIsOpen] = useState(false);
  const inbox = placeHref(workspaceId, "inbox");

  const open = (willBeOpen: boolean) => {
    setIsOpen(willBeOpen);
    if (willBeOpen && unseen > 0) markSeen();
  };

  return (
    <Popover.Root open={isOpen} onOpenChange={open}>
      <Popover.Trigger
        nativeButton={false}
        // A link at heart: it leads to the inbox when there is no JavaScript to open the list here.
        render={<a href={inbox} />}
        onClick={(event) => event.preventDefault()}
        aria-label={unseen > 0 ? `Notifications, ${unseen} unseen` : "Notifications"}
        className="press relative px-2 text-soft hover:bg-hover hover:text-ink data-popup-open:bg-hover max-sm:hidden"
      >
        <BellIcon aria-hidden size={16} />
        {unseen > 0 ? (
          <span
            data-testid="unseen"
            className="absolute top-0 right-0 min-w-4 rounded-full bg-accent px-1 text-center text-[0.625rem] leading-4 font-semibold text-accent-ink"
          >
            {unseen > 99 ? "99+" : unseen}
          </span>
        ) : null}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="end" className="z-40">
          <Popover.Popup className="popup flex max-h-[min(30rem,80dvh)] w-88 flex-col">
            <div className="flex items-center justify-between border-b border-line px-3 py-2">
              <Popover.Title className="flex-1 font-semibold">Notifications</Popover.Title>
              {unread > 0 ? (
                <button
                  type="button"
                  onClick={() => markRead()}
                  className="mr-4 text-soft hover:text-ink hover:underline"
                >
                  Mark all as read
                </button>
              ) : null}
              <Link
                href={inbox}
                prefetch={false}
                onClick={() => setIsOpen(false)}
                className="text-accent hover:underline"
              >
                Open inbox
              </Link>
            </div>
            <div className="overflow-y-auto">
              {items.length === 0 ? (
                <p className="px-3 py-6 text-center text-soft">
                  Nothing yet. You hear of plans that are yours, and of runs that you started.
                </p>
              ) : (
                <NotificationList
                  workspaceId={workspaceId}
                  items={items.slice(0, SHOWN)}
                  onOpen={markRead}
                  onFollow={() => setIsOpen(false)}
                />
              )}
            </div>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
