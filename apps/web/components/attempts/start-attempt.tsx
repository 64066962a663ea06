"use client";
/** Starting an attempt: in which repository, by which agent. Only what can be done now is offered. */
import { trpc } from "@signalbox/react/signalbox-provider";
import { GitBranch } from "lucide-react";
import { useId, useState } from "react";
import type { Agent, Operator } from "../../lib/records.ts";
import { refusalOf } from "../../lib/refusal.ts";
import { useTell } from "../ui/toaster.tsx";

const NO_OPERATORS: readonly Operator[] = [];
const NO_AGENTS: readonly Agent[] = [];

interface Place {
  key: string;
  operatorId: string;
  repository: string;
  label: string;
}

export function StartAttempt({ workspaceId, planId }: { workspaceId: string; planId: string }) {
  const tell = useTell();
  const [placeId, agentId] = [useId(), useId()];
  const operators = trpc.operator.list.useQuery({ workspaceId }).data ?? NO_OPERATORS;
  const agents = trpc.agent.list.useQuery({ workspaceId }).data ?? NO_AGENTS;
  const [wantedPlace, setPlace] = useState<string | null>(null);
  const [wantedAgent, setAgent] = useState<string | null>(null);
  const utils = trpc.useUtils();
  const start = trpc.attempt.start.useMutation({
    onSuccess: () => Promise.all([utils.attempt.list.invalidate({ planId }), utils.chat.list.invalidate({ planId })]),
    onError: (error) =>
      tell({ title: "The attempt was not started", description: refusalOf(error).message, tone: "problem" }),
  });

  const places = placesOf(operators);
  const place = places.find(({ key }) => key === wantedPlace) ?? places[0];
  if (!place) {
    return (
      <p className="text-2xs text-faint">
        {operators.some(({ repositories }) => repositories.length > 0)
          ? "The operator with this workspace's repositories is not connected."
          : "No operator has opened a repository to attempts yet: that is done in its repositories.json."}
      </p>
    );
  }
  const able = agents.filter((agent) => isReadyOn(agent, place.operatorId));
  const agent = able.find(({ id }) => id === wantedAgent) ?? able[0];
  return (
    <form
      aria-label="New attempt"
      className="flex flex-wrap items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (!agent || start.isPending) return;
        start.mutate({ planId, operatorId: place.operatorId, repository: place.repository, profileId: agent.id });
      }}
    >
      <div className="flex min-w-0 flex-1 basis-40 flex-col gap-1">
        <label htmlFor={placeId} className="text-2xs text-soft">
          Repository
        </label>
        <select id={placeId} value={place.key} onChange={(event) => setPlace(event.target.value)} className="field">
          {places.map(({ key, label }) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <div className="flex min-w-0 flex-1 basis-40 flex-col gap-1">
        <label htmlFor={agentId} className="text-2xs text-soft">
          Agent
        </label>
        <select
          id={agentId}
          value={agent?.id ?? ""}
          onChange={(event) => setAgent(event.target.value)}
          className="field"
        >
          {able.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <button
        type="submit"
        disabled={!agent || start.isPending}
        className="press border border-line-strong bg-surface hover:bg-hover"
      >
        <GitBranch aria-hidden size={14} /> Start attempt
      </button>
    </form>
  );
}

/** Repositories of connected operators; the operator is named where two have one of the same name. */
function placesOf(operators: readonly Operator[]): Place[] {
  const open = operators
    .filter(({ status }) => status === "online")
    .flatMap((operator) => operator.repositories.map((repository) => ({ operator, repository })));
  return open.map(({ operator, repository }) => {
    const isAlone = open.filter((one) => one.repository.name === repository.name).length === 1;
    return {
      key: `${operator.id} ${repository.name}`,
      operatorId: operator.id,
      repository: repository.name,
      label: `${repository.name} (${repository.base})${isAlone ? "" : ` on ${operator.name}`}`,
    };
  });
}

function isReadyOn({ operators }: Agent, operatorId: string): boolean {
  return operators.some((each) => each.operatorId === operatorId && each.presence.state === "ready");
}
