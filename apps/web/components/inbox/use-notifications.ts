"use client";
/** A person's notifications, and the unseen count: absolute, as the server says it, alike in all tabs. */
import { trpc } from "@signalbox/react/signalbox-provider";
import { useCallback } from "react";
import type { Notification } from "../../lib/records.ts";

const NONE: readonly Notification[] = [];

export function useUnseen(workspaceId: string): number {
  return trpc.notification.list.useQuery({ workspaceId }).data?.unseen ?? 0;
}

export function useNotifications(workspaceId: string): {
  items: readonly Notification[];
  unseen: number;
  markSeen: () => void;
} {
  const utils = trpc.useUtils();
  const { data } = trpc.notification.list.useQuery({ workspaceId });
  const { mutate } = trpc.notification.seen.useMutation();
  const markSeen = useCallback(() => {
    // What fails here is tried again by the next look; the count stays true in the meantime.
    mutate({ workspaceId }, { onSuccess: (answer) => utils.notification.list.setData({ workspaceId }, answer) });
  }, [mutate, utils, workspaceId]);
  return { items: data?.items ?? NONE, unseen: data?.unseen ?? 0, markSeen };
}
