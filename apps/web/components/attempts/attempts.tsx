"use client";
/** The attempts at a plan: what agents made of it in git, each with its changes, and what one can do with them. */
import { trpc } from "@signalbox/react/signalbox-provider";
import type { Attempt } from "../../lib/records.ts";
import { useHydrated } from "../ui/clock.tsx";
import { AttemptItem } from "./attempt-item.tsx";
import { StartAttempt } from "./start-attempt.tsx";

const NONE: readonly Attempt[] = [];

export function Attempts({ workspaceId, planId, canEdit }: { workspaceId: string; planId: string; canEdit: boolean }) {
  const attempts = trpc.attempt.list.useQuery({ planId }).data ?? NONE;
  const isHydrated = useHydrated();
  return (
    <section aria-labelledby="attempts" className="flex flex-col gap-2">
      <h2 id="attempts" className="font-semibold text-soft">
        Attempts
      </h2>
      {attempts.length === 0 ? (
        <p className="text-body text-faint">
          None yet. In an attempt an agent works in a git branch of its own; you look at its changes, and accept or
          discard them.
        </p>
      ) : (
        <ul className="flex flex-col gap-2">
          {attempts.map((attempt) => (
            <AttemptItem key={attempt.id} attempt={attempt} canEdit={canEdit && isHydrated} />
          ))}
        </ul>
      )}
      {canEdit && isHydrated ? <StartAttempt workspaceId={workspaceId} planId={planId} /> : null}
    </section>
  );
}
