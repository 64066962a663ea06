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

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false } as const;

/** The time of day to the second, for lines of a log; the whole date on hover. Epoch milliseconds. */
export function ClockTime({ at }: { at: number }) {
  const isHydrated = useHydrated();
  const date = new Date(at);
  const words = isHydrated ? date.toLocaleTimeString(undefined, CLOCK) : exactUtc(at).slice(11, 19);
  return (
    <time
      data-number
      dateTime={date.toISOString()}
      title={isHydrated ? date.toLocaleString(undefined, LOCAL) : exactUtc(at)}
      className="shrink-0 font-mono"
    >
      {words}
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
