"use client";
/** One line under a turn: how it stands, and for how long. */
import { CircleCheck, CircleDot, CircleSlash, OctagonX, Unplug } from "lucide-react";
import { Elapsed } from "../ui/time.tsx";
import { type TurnStanding, type TurnWords, turnWords } from "./turn-words.ts";
import { PLACE } from "./use-follow-end.ts";

const MARKS: Record<TurnWords["tone"], { Icon: typeof CircleDot; look: string }> = {
  working: { Icon: CircleDot, look: "text-progress" },
  degraded: { Icon: Unplug, look: "text-degraded" },
  done: { Icon: CircleCheck, look: "text-complete" },
  stopped: { Icon: CircleSlash, look: "text-soft" },
  failed: { Icon: OctagonX, look: "text-blocked" },
};

interface TurnStateLineProps {
  standing: TurnStanding;
  /** When the turn, or its wait, began. */
  from: Date;
  to: Date | null;
  /** Since when its stream is down. */
  downSince: Date | null;
}

export function TurnStateLine({ standing, from, to, downSince }: TurnStateLineProps) {
  const { tone, words } = turnWords(standing);
  const { Icon, look } = MARKS[tone];
  return (
    <p
      data-turn-state={standing.state}
      data-turn-outcome={standing.outcome ?? undefined}
      className={`${PLACE} flex items-start gap-1.5 text-2xs ${look}`}
    >
      <Icon aria-hidden size={13} className="mt-0.5 shrink-0" />
      <span role="status" className="font-medium wrap-anywhere">
        {words}
      </span>
      <span className="shrink-0 text-faint">
        {downSince ? (
          <Elapsed from={downSince} to={null} />
        ) : (
          <Elapsed from={from} to={tone === "working" ? null : (to ?? from)} />
        )}
      </span>
    </p>
  );
}
