"use client";
/** What is in flight, and what ended lately: the Command Center's two lists, on its page and in its drawer. */
import { trpc } from "@signalbox/react/signalbox-provider";
import { useMemo } from "react";
import type { Run } from "../../lib/records.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { SlideOnMove } from "../ui/slide-on-move.tsx";
import { RunRow } from "./run-row.tsx";

const NONE: readonly Run[] = [];

export function useActiveRuns(workspaceId: string): readonly Run[] {
  return trpc.run.list.useQuery({ workspaceId, state: "active" }).data ?? NONE;
}

export function RunLists({ workspaceId, onFollow }: { workspaceId: string; onFollow?: () => void }) {
  const active = useActiveRuns(workspaceId);
  const recent = trpc.run.list.useQuery({ workspaceId, state: "recent" }).data ?? NONE;
  const members = trpc.member.list.useQuery({ workspaceId }).data;
  const role = trpc.workspace.get.useQuery({ workspaceId }).data?.role;
  const names = useMemo(() => new Map((members ?? []).map((member) => [member.id, member.name])), [members]);
  const ended = recent.filter((run) => run.state === "finished");

  const rows = (runs: readonly Run[]) => (
    <SlideOnMove order={runs}>
      <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
        {runs.map((run) => (
          <RunRow
            key={run.id}
            workspaceId={workspaceId}
            run={run}
            startedBy={run.startedBy === null ? undefined : names.get(run.startedBy)}
            canStop={role !== undefined && role !== "viewer"}
            {...(onFollow ? { onFollow } : {})}
          />
        ))}
      </ul>
    </SlideOnMove>
  );

  return (
    <div className="flex flex-col gap-6">
      <section aria-labelledby="runs-in-flight">
        <h2 id="runs-in-flight" className="mb-2 font-semibold">
          In flight <span className="font-normal text-faint">{active.length}</span>
        </h2>
        {active.length > 0 ? (
          rows(active)
        ) : (
          <EmptyState title="Nothing is running">
            Open a plan and write to the agent in its chat: the run shows up here.
          </EmptyState>
        )}
      </section>
      {ended.length > 0 ? (
        <section aria-labelledby="runs-recent">
          <h2 id="runs-recent" className="mb-2 font-semibold">
            Recent
          </h2>
          {rows(ended)}
        </section>
      ) : null}
    </div>
  );
}
