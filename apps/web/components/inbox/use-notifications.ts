"use client";
/** A person's notifications, and the unseen count: absolute, as the server says it, alike in all tabs. */
import { trpc } from "@signalbox/react/signalbox-provider";
import { useCallback } from "react";
import type { Notification } from "../../lib/records.ts";

const NONE: readonly Notification[] = [];

export function useUnseen(workspaceId: string): number {
  return trpc.notification.list.useQuery({ workspaceId }).data?.unseen ?? 0;
}

export interface Notifications {
  items: readonly Notification[];
  unseen: number;
  unread: number;
  /** All of them were looked at. */
  markSeen: () => void;
  /** One was opened; without an id, all count as read. */
  markRead: (id?: string) => void;
}

export function useNotifications(workspaceId: string): Notifications {
  const utils = trpc.useUtils();
  const { data } = trpc.notification.list.useQuery({ workspaceId });
  const { mutate: see } = trpc.notification.seen.useMutation();
  const { mutate: read } = trpc.notification.read.useMutation();
  // What fails here is tried again by the next look or click; the counts stay true in the meantime.
  const markSeen = useCallback(() => {
    see({ workspaceId }, { onSuccess: (answer) => utils.notification.list.setData({ workspaceId }, answer) });
  }, [see, utils, workspaceId]);
  const markRead = useCallback(
    (id?: string) => {
      const input = id === undefined ? { workspaceId } : { workspaceId, ids: [id] };
      read(input, { onSuccess: (answer) => utils.notification.list.setData({ workspaceId }, answer) });
    },
    [read, utils, workspaceId],
  );
  return { items: data?.items ?? NONE, unseen: data?.unseen ?? 0, unread: data?.unread ?? 0, markSeen, markRead };
}
