"use client";
/** What a wall display says of itself: whose it is, the time, and whether it is current. */
import { trpc } from "@signalbox/react/signalbox-provider";
import { Minimize2 } from "lucide-react";
import Link from "next/link";
import { placeHref } from "../../lib/places.ts";
import { ConnectionBadge } from "../shell/connection-badge.tsx";
import { useHydrated, useNow } from "../ui/clock.tsx";

export function WallHead({ workspaceId }: { workspaceId: string }) {
  const name = trpc.workspace.get.useQuery({ workspaceId }).data?.name ?? "";
  const now = useNow(60_000);
  const isHydrated = useHydrated();
  return (
    <div className="mb-4 flex items-center gap-3">
      <h1 className="min-w-0 flex-1 truncate text-title font-semibold">{name}</h1>
      <ConnectionBadge />
      {isHydrated ? (
        <time dateTime={new Date(now).toISOString()} className="text-title font-semibold">
          {new Date(now).toLocaleTimeString(undefined, { timeStyle: "short" })}
        </time>
      ) : null}
      <Link
        href={placeHref(workspaceId, "dashboard")}
        prefetch={false}
        aria-label="Leave the wall display"
        className="press px-2 text-faint hover:bg-hover hover:text-ink"
      >
        <Minimize2 aria-hidden size={16} />
      </Link>
    </div>
  );
}
