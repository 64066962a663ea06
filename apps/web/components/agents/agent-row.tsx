"use client";
/** One agent: what it runs, where it can run now, what it is doing, and for a profile of the workspace how to change it. */
import { clsx } from "clsx";
import { Pencil } from "lucide-react";
import type { Agent, AgentProfile } from "../../lib/records.ts";
import { AgentName } from "../chat/agent-name.tsx";
import { useHydrated } from "../ui/clock.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { AgentPresence } from "./agent-presence.tsx";
import { allowanceOf, commandLine, POLICY_WORDS } from "./profile-words.ts";
import { RemoveProfile } from "./remove-profile.tsx";

interface AgentRowProps {
  agent: Agent;
  /** Absent: it is configured beside its operator. */
  profile: AgentProfile | undefined;
  canEdit: boolean;
  onEdit: () => void;
}

export function AgentRow({ agent, profile, canEdit, onEdit }: AgentRowProps) {
  const isHydrated = useHydrated();
  const isForbidden = agent.operators.some(({ presence }) => presence.state === "not-allowed");
  return (
    <li data-agent-id={agent.id} className="rounded-lg border border-line bg-surface px-4 py-3">
      <div className="flex items-start gap-2">
        <div className="flex min-h-8 min-w-0 flex-1 flex-wrap items-center gap-x-3 gap-y-0.5">
          <h2 className="inline-flex min-w-0 items-center gap-1.5 text-body font-semibold">
            <AgentName name={agent.name} isDemo={agent.isDemo} />
          </h2>
          <Work agent={agent} />
        </div>
        {profile && canEdit && isHydrated ? (
          <span className="flex shrink-0">
            <IconButton label={`Change ${agent.name}`} onClick={onEdit}>
              <Pencil aria-hidden size={14} />
            </IconButton>
            <RemoveProfile profile={profile} />
          </span>
        ) : null}
      </div>
      <p className="text-soft">
        {profile ? (
          <>
            <code className="font-mono text-2xs wrap-anywhere text-ink">{commandLine(profile)}</code>
            {profile.env.length > 0 ? <> · {profile.env.join(", ")}</> : null}
            {profile.model === null ? null : <> · model {profile.model}</>} · {POLICY_WORDS[profile.policy].label}
          </>
        ) : (
          "Configured beside the operator."
        )}
      </p>
      {agent.operators.length === 0 ? (
        <p className="mt-1.5 text-2xs text-soft">No operator has looked for it yet.</p>
      ) : (
        <ul aria-label={`Where ${agent.name} can run`} className="mt-1.5 flex flex-col gap-1">
          {agent.operators.map((each) => (
            <AgentPresence
              key={each.operatorId}
              name={each.name}
              isOnline={each.isOnline}
              presence={each.presence}
              sandbox={each.sandbox}
            />
          ))}
        </ul>
      )}
      {profile && isForbidden ? <HowToAllow line={allowanceOf(profile)} /> : null}
    </li>
  );
}

function Work({ agent: { working, waiting } }: { agent: Agent }) {
  if (working === 0) return null;
  return (
    <span className={clsx("text-2xs font-medium", waiting > 0 ? "text-accent" : "text-progress")}>
      {working === 1 ? "1 run" : `${working} runs`}
      {waiting === 0 ? null : waiting === working ? ", waiting for an answer" : `, ${waiting} waiting for an answer`}
    </span>
  );
}

function HowToAllow({ line }: { line: string }) {
  return (
    <details className="mt-1.5 text-soft">
      <summary className="flex min-h-7 w-fit items-center rounded text-2xs text-accent hover:underline pointer-coarse:min-h-11">
        How to allow it
      </summary>
      <p className="max-w-[72ch]">
        The owner of the operator adds this to the list in{" "}
        <code className="font-mono text-2xs">allowed-agents.json</code> in the operator's folder. It counts within half
        a minute, without a restart.
      </p>
      <pre
        tabIndex={0}
        aria-label="The line to add"
        className="mt-1 overflow-x-auto rounded-md bg-sunken px-3 py-2 font-mono text-2xs text-ink"
      >
        {line}
      </pre>
    </details>
  );
}
