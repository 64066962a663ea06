"use client";
/** A time in words with the exact one on hover, and the time that something has taken so far. */
import { duration, exactUtc, timeAgo } from "../../lib/format/time-words.ts";
import { useHydrated, useNow } from "./clock.tsx";

const LOCAL = { dateStyle: "medium", timeStyle: "medium" } as const;

export function TimeAgo({ at, className }: { at: Date; className?: string }) {
  const now = useNow(10_000);
  const isHydrated = useHydrated();
  // The server doesn't know the reader's zone: UTC first, theirs once the browser has taken over.
  const exact = isHydrated ? at.toLocaleString(undefined, LOCAL) : exactUtc(at.getTime());
  return (
    <time dateTime={at.toISOString()} title={exact} className={className}>
      {timeAgo(at.getTime(), now)}
    </time>
  );
}

/** Since `from`, ticking; or between two times, standing still. */
export function Elapsed({ from, to, className }: { from: Date; to: Date | null; className?: string }) {
  return to ? (
    <span data-number className={className}>
      {duration(to.getTime() - from.getTime())}
    </span>
  ) : (
    <Ticking from={from} className={className} />
  );
}

function Ticking({ from, className }: { from: Date; className: string | undefined }) {
  const now = useNow(1_000);
  return (
    <span data-number className={className}>
      {duration(now - from.getTime())}
    </span>
  );
}
