"use client";
/** A run in a list: what it works on, how far it is, how long it has been at it, and how to stop it. */
import { trpc } from "@signalbox/react/signalbox-provider";
import { Square } from "lucide-react";
import Link from "next/link";
import { planHref } from "../../lib/places.ts";
import type { Run } from "../../lib/records.ts";
import { refusalOf } from "../../lib/refusal.ts";
import { SandboxLink } from "../sandboxes/sandbox-link.tsx";
import { Elapsed, TimeAgo } from "../ui/time.tsx";
import { useTell } from "../ui/toaster.tsx";
import { RunOutcome } from "./run-outcome.tsx";

interface RunRowProps {
  workspaceId: string;
  run: Run;
  startedBy: string | undefined;
  canStop: boolean;
  onFollow?: () => void;
}

export function RunRow({ workspaceId, run, startedBy, canStop, onFollow }: RunRowProps) {
  const isUnderWay = run.state !== "finished";
  return (
    <li data-slide={run.id} data-run-id={run.id} className="relative flex items-center gap-3 px-3 py-2 hover:bg-hover">
      <div className="min-w-0 flex-1">
        <div className="flex items-baseline gap-2">
          <Link
            href={`${planHref(workspaceId, run.planId)}?tab=chat`}
            prefetch={false}
            onClick={() => onFollow?.()}
            className="min-w-0 truncate font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:-outline-offset-2 focus-visible:after:outline-2 focus-visible:after:outline-accent"
          >
            {run.title}
          </Link>
        </div>
        <div className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-0.5 text-2xs text-faint">
          <RunOutcome run={run} />
          <span title={isUnderWay ? "Time so far" : "Time taken"}>
            <Elapsed from={run.startedAt ?? run.createdAt} to={isUnderWay ? null : (run.endedAt ?? run.createdAt)} />
          </span>
          {startedBy === undefined ? null : <span>{startedBy}</span>}
          {isUnderWay ? null : <TimeAgo at={run.endedAt ?? run.createdAt} />}
          {run.sandbox ? <SandboxLink sandboxId={run.sandbox.id} kind={run.sandbox.kind} /> : null}
        </div>
        {isUnderWay ? <Progress run={run} /> : null}
      </div>
      {isUnderWay && canStop ? <StopRun run={run} /> : null}
    </li>
  );
}

function Progress({ run: { progress, state } }: { run: Run }) {
  if (state === "queued") return <p className="mt-1 text-2xs text-soft">Waits for an operator to take it up.</p>;
  if (!progress || progress.total === 0) return null;
  return (
    <div className="mt-1.5 flex items-center gap-2">
      <progress
        aria-label={`${progress.done} of ${progress.total} steps done`}
        value={progress.done}
        max={progress.total}
        className="h-1 w-28 shrink-0 appearance-none overflow-hidden rounded-full bg-sunken [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent"
      />
      <span className="shrink-0 text-2xs text-soft">
        {progress.done} of {progress.total}
      </span>
      {progress.current === null ? null : (
        <span className="min-w-0 truncate text-2xs text-soft">{progress.current}</span>
      )}
    </div>
  );
}

function StopRun({ run }: { run: Run }) {
  const tell = useTell();
  const stop = trpc.turn.stop.useMutation({
    onError: (error) =>
      tell({ title: "The run was not stopped", description: refusalOf(error).message, tone: "problem" }),
  });
  const isStopping = stop.isPending || stop.isSuccess;
  return (
    <button
      type="button"
      disabled={isStopping}
      aria-label={`Stop “${run.title}”`}
      onClick={() => stop.mutate({ turnId: run.turnId })}
      className="press relative z-1 shrink-0 border border-line-strong bg-surface hover:bg-hover"
    >
      <Square aria-hidden size={11} fill="currentColor" />
      {isStopping ? "Stopping" : "Stop"}
    </button>
  );
}
