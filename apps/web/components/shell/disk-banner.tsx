"use client";
/** Said across every page while the host's disk is full: what can still be done, and what is safe. */
import { SYSTEM_STATE_MS } from "@signalbox/catalog/timing";
import { trpc } from "@signalbox/react/signalbox-provider";
import { HardDrive } from "lucide-react";

export function DiskBanner() {
  // Asked for, and not told: a signal is a row in the store that takes none.
  const state = trpc.system.state.useQuery(undefined, {
    refetchInterval: ({ state: { data } }) => (data?.isDiskWatched ? SYSTEM_STATE_MS : false),
  });
  // The place for the words is always there: readers are told of what comes into it.
  return (
    <div role="status">
      {state.data?.isDiskFull ? (
        <div
          data-disk-full
          className="flex items-start gap-2.5 border-b border-line bg-degraded-wash px-4 py-2 text-degraded max-sm:px-3"
        >
          <HardDrive aria-hidden size={15} className="mt-0.5 shrink-0" />
          <div className="min-w-0">
            <p>
              <strong className="font-semibold">The disk of this host is full.</strong> What is stored is safe and can
              be read; nothing can be changed until there is room.
            </p>
            <p className="max-sm:hidden">
              Agents go on working: what they say is kept beside them, and arrives when there is room.
            </p>
          </div>
        </div>
      ) : null}
    </div>
  );
}
