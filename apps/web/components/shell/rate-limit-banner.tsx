"use client";
/** Said across every page while a model's provider limits the workspace's agents: who, what, and until when. */
import type { RateLimit } from "@signalbox/catalog/rate-limits";
import { useRateLimits } from "@signalbox/react/limits/use-rate-limits";
import { Hourglass } from "lucide-react";
import { exactUtc } from "../../lib/format/time-words.ts";
import { useHydrated, useNow } from "../ui/clock.tsx";

/** Further ones are counted. */
const SHOWN = 3;

export function RateLimitBanner({ workspaceId }: { workspaceId: string }) {
  const limits = useRateLimits(workspaceId);
  // The place for the words is always there: readers are told of what comes into it.
  return <div role="status">{limits.length > 0 ? <Limits limits={limits} /> : null}</div>;
}

function Limits({ limits }: { limits: readonly RateLimit[] }) {
  const now = useNow(1_000);
  // What is over is over, also for a tab that hears nothing more.
  const current = withoutTwins(limits.filter(({ until }) => Date.parse(until) > now));
  if (current.length === 0) return null;
  const further = current.length - SHOWN;
  return (
    <div
      data-rate-limits={current.length}
      className="flex items-start gap-2.5 border-b border-line bg-degraded-wash px-4 py-2 text-degraded max-sm:px-3"
    >
      <Hourglass aria-hidden size={15} className="mt-0.5 shrink-0" />
      <div className="min-w-0">
        {current.slice(0, SHOWN).map((limit) => (
          <p key={limit.id} className="wrap-anywhere">
            <strong className="font-semibold">{limit.provider}</strong> limits requests
            {limit.model ? (
              <>
                {" "}
                to <strong className="font-semibold">{limit.model}</strong>
              </>
            ) : null}{" "}
            until <Until at={limit.until} now={now} />.
          </p>
        ))}
        {further > 0 ? <p>And {further} more.</p> : null}
        <p className="max-sm:hidden">
          Agents wait for some minutes at the most; a turn that ended over it can be asked again then.
        </p>
      </div>
    </div>
  );
}

/** Several operators may meet the same limit: the longest stands for all. */
function withoutTwins(limits: readonly RateLimit[]): RateLimit[] {
  const longest = new Map<string, RateLimit>();
  for (const limit of limits) {
    const key = JSON.stringify([limit.provider, limit.model]);
    const known = longest.get(key);
    if (!known || known.until < limit.until) longest.set(key, limit);
  }
  return [...longest.values()];
}

const DAY_MS = 24 * 3_600_000;

function Until({ at, now }: { at: string; now: number }) {
  const isHydrated = useHydrated();
  const date = new Date(at);
  const isFar = date.getTime() - now > DAY_MS / 2;
  const local = date.toLocaleString(
    undefined,
    isFar ? { dateStyle: "medium", timeStyle: "short" } : { timeStyle: "medium" },
  );
  return (
    <time dateTime={at} data-number title={exactUtc(date.getTime())}>
      {isHydrated ? local : exactUtc(date.getTime())}
    </time>
  );
}
