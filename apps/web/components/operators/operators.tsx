"use client";
/** The operators of a workspace and their sandboxes: which computers work for it, and what is on them now. */
import { trpc } from "@signalbox/react/signalbox-provider";
import { clsx } from "clsx";
import { Plug, PlugZap, Unplug } from "lucide-react";
import Link from "next/link";
import { placeHref } from "../../lib/places.ts";
import type { Agent, Operator, Sandbox } from "../../lib/records.ts";
import { AgentPresence } from "../agents/agent-presence.tsx";
import { SandboxRow } from "../sandboxes/sandbox-row.tsx";
import { TimeAgo } from "../ui/time.tsx";
import { EnrollOperator } from "./enroll-operator.tsx";

const NO_OPERATORS: readonly Operator[] = [];
const NO_AGENTS: readonly Agent[] = [];
const NO_SANDBOXES: readonly Sandbox[] = [];

export function Operators({ workspaceId, hostUrl }: { workspaceId: string; hostUrl: string }) {
  const operators = trpc.operator.list.useQuery({ workspaceId }).data ?? NO_OPERATORS;
  const agents = trpc.agent.list.useQuery({ workspaceId }).data ?? NO_AGENTS;
  const sandboxes = trpc.sandbox.list.useQuery({ workspaceId }).data ?? NO_SANDBOXES;

  if (operators.length === 0) {
    return (
      <section className="rounded-lg border border-dashed border-line-strong px-6 py-8 max-sm:px-4">
        <h2 className="mb-1 text-body font-semibold">No operator yet</h2>
        <EnrollOperator workspaceId={workspaceId} hostUrl={hostUrl} />
      </section>
    );
  }
  return (
    <>
      <ul className="flex flex-col gap-3">
        {operators.map((operator) => (
          <li key={operator.id} data-operator-id={operator.id} className="rounded-lg border border-line bg-surface">
            <OperatorHead operator={operator} />
            <OperatorAgents workspaceId={workspaceId} operator={operator} agents={agents} />
            <Sandboxes
              workspaceId={workspaceId}
              sandboxes={sandboxes.filter((sandbox) => sandbox.operatorId === operator.id)}
            />
          </li>
        ))}
      </ul>
      <details className="mt-3 rounded-lg border border-line bg-surface px-4 py-1">
        <summary className="flex min-h-8 w-fit cursor-default items-center rounded text-accent hover:underline pointer-coarse:min-h-11">
          Add an operator
        </summary>
        <div className="pt-1 pb-3">
          <EnrollOperator workspaceId={workspaceId} hostUrl={hostUrl} />
        </div>
      </details>
    </>
  );
}

function OperatorHead({ operator }: { operator: Operator }) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
      <h2 className="text-body font-semibold">{operator.name}</h2>
      <OperatorStatus operator={operator} />
    </div>
  );
}

function OperatorAgents({
  workspaceId,
  operator,
  agents,
}: {
  workspaceId: string;
  operator: Operator;
  agents: readonly Agent[];
}) {
  const here = agents.flatMap((agent) =>
    agent.operators.filter(({ operatorId }) => operatorId === operator.id).map((at) => ({ agent, at })),
  );
  if (here.length === 0) return null;
  return (
    <div className="flex flex-wrap items-start gap-x-4 gap-y-1 border-t border-line px-4 py-2.5">
      <ul aria-label="Agents" className="flex min-w-0 flex-1 flex-col gap-1">
        {here.map(({ agent, at }) => (
          <AgentPresence
            key={agent.id}
            name={agent.isDemo && !/demo/iu.test(agent.name) ? `${agent.name} (demo)` : agent.name}
            isOnline={at.isOnline}
            presence={at.presence}
            sandbox={at.sandbox}
          />
        ))}
      </ul>
      <Link
        href={placeHref(workspaceId, "agents")}
        prefetch={false}
        className="text-2xs text-accent hover:underline pointer-coarse:min-h-11"
      >
        All agents
      </Link>
    </div>
  );
}

function OperatorStatus({ operator: { status, connectedSince, lastSeenAt } }: { operator: Operator }) {
  const Icon = status === "online" ? PlugZap : status === "offline" ? Plug : Unplug;
  return (
    <p className={clsx("flex items-center gap-1.5", status === "online" ? "text-complete" : "text-soft")}>
      <Icon aria-hidden size={14} />
      <span className="font-medium">
        {status === "online" ? "Online" : status === "offline" ? "Offline" : "Revoked"}
      </span>
      <span className="text-2xs text-faint">
        {status === "online" && connectedSince ? (
          <>
            connected <TimeAgo at={connectedSince} />
          </>
        ) : null}
        {status !== "online" && lastSeenAt ? (
          <>
            last seen <TimeAgo at={lastSeenAt} />
          </>
        ) : null}
        {status === "offline" && !lastSeenAt ? "has never connected" : null}
      </span>
    </p>
  );
}

function Sandboxes({ workspaceId, sandboxes }: { workspaceId: string; sandboxes: readonly Sandbox[] }) {
  if (sandboxes.length === 0)
    return <p className="border-t border-line px-4 py-2.5 text-soft">No sandboxes yet. One comes up with each run.</p>;
  return (
    <ul aria-label="Sandboxes" className="divide-y divide-line border-t border-line">
      {sandboxes.map((sandbox) => (
        <SandboxRow key={sandbox.id} workspaceId={workspaceId} sandbox={sandbox} />
      ))}
    </ul>
  );
}
