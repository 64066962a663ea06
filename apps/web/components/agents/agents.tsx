"use client";
/** The agents of a workspace: its profiles and those beside its operators, each with where it can run now. */
import { trpc } from "@signalbox/react/signalbox-provider";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { Agent, AgentProfile } from "../../lib/records.ts";
import { useHydrated } from "../ui/clock.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { AgentRow } from "./agent-row.tsx";
import { ProfileForm } from "./profile-form.tsx";

const NO_AGENTS: readonly Agent[] = [];
const NO_PROFILES: readonly AgentProfile[] = [];

export function Agents({ workspaceId }: { workspaceId: string }) {
  const agents = trpc.agent.list.useQuery({ workspaceId }).data ?? NO_AGENTS;
  const profiles = trpc.agentProfile.list.useQuery({ workspaceId }).data ?? NO_PROFILES;
  const role = trpc.workspace.get.useQuery({ workspaceId }).data?.role;
  const canEdit = role !== undefined && role !== "viewer";
  const isHydrated = useHydrated();
  /** A profile's id, or the word for one that is being made. */
  const [editing, edit] = useState<string | null>(null);
  const done = () => edit(null);

  return (
    <div className="flex flex-col gap-3">
      {editing === NEW ? (
        <ProfileForm workspaceId={workspaceId} onDone={done} />
      ) : canEdit && isHydrated ? (
        <button
          type="button"
          onClick={() => edit(NEW)}
          className="press self-start border border-line-strong bg-surface hover:bg-hover"
        >
          <Plus aria-hidden size={14} /> New profile
        </button>
      ) : null}
      {agents.length === 0 ? (
        <EmptyState title="No agent yet">
          The built-in agent comes with the first operator. Any program that speaks the Agent Client Protocol can be
          added as a profile.
        </EmptyState>
      ) : (
        <ul className="flex flex-col gap-3">
          {agents.map((agent) => {
            const profile = profiles.find(({ id }) => id === agent.id);
            return profile && editing === agent.id ? (
              <li key={agent.id}>
                <ProfileForm workspaceId={workspaceId} profile={profile} onDone={done} />
              </li>
            ) : (
              <AgentRow
                key={agent.id}
                agent={agent}
                profile={profile}
                canEdit={canEdit}
                onEdit={() => edit(agent.id)}
              />
            );
          })}
        </ul>
      )}
    </div>
  );
}

const NEW = "new";
