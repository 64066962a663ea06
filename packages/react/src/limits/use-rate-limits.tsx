"use client";
import type { RateLimit } from "@signalbox/catalog/rate-limits";
import { trpc } from "../signalbox-provider.tsx";
import { useStatePoll } from "../signals/use-state-poll.tsx";

const NONE: readonly RateLimit[] = [];

/** The providers that limit the workspace's agents, as last read: each is over at its `until`, said or not. */
export function useRateLimits(workspaceId: string): readonly RateLimit[] {
  const utils = trpc.useUtils();
  useStatePoll(
    `/api/system/rate-limits?${new URLSearchParams({ workspaceId })}`,
    () => void utils.rateLimit.list.invalidate({ workspaceId }),
  );
  return trpc.rateLimit.list.useQuery({ workspaceId }).data ?? NONE;
}
