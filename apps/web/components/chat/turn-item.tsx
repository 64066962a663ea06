"use client";
/** One turn of a chat: what was asked, and what the agent answers: live while it runs, from the store once it is over. */
import type { TurnView } from "@signalbox/catalog/turn-view";
import { trpc } from "@signalbox/react/signalbox-provider";
import { useTurn } from "@signalbox/react/turns/use-turn";
import { useEffect, useState } from "react";
import type { TurnSummary } from "../../lib/records.ts";
import { SandboxLink } from "../sandboxes/sandbox-link.tsx";
import { PersonMark } from "../ui/person-mark.tsx";
import { TimeAgo } from "../ui/time.tsx";
import { AgentName } from "./agent-name.tsx";
import { TurnBody } from "./turn-body.tsx";
import { TurnStateLine } from "./turn-state-line.tsx";
import { PLACE } from "./use-follow-end.ts";

interface TurnItemProps {
  turn: TurnSummary;
  askedBy: string | undefined;
  canAnswer: boolean;
  /** When a turn that was live here ended. */
  endedAt: Date | null;
  /** Called once when a turn that was live here is over. */
  onEnd: (turnId: string) => void;
}

export function TurnItem({ turn, askedBy, canAnswer, endedAt, onEnd }: TurnItemProps) {
  // A turn that was seen running stays with its stream's view to the end: nothing is read again, nothing jumps.
  const [isLive] = useState(turn.status === "queued" || turn.status === "streaming");
  return (
    <li data-turn-id={turn.turnId} className="flex flex-col gap-3">
      <div className={`${PLACE} flex gap-2.5 rounded-lg bg-sunken px-3 py-2`}>
        <PersonMark name={askedBy ?? "Somebody"} isDecorative />
        <div className="min-w-0 flex-1">
          <p className="text-2xs text-faint">
            {askedBy ?? "Somebody"} · <TimeAgo at={turn.createdAt} />
          </p>
          <p className="max-w-[72ch] text-body wrap-anywhere whitespace-pre-wrap">{turn.prompt}</p>
        </div>
      </div>
      {isLive ? (
        <LiveTurn turn={turn} canAnswer={canAnswer} endedAt={endedAt} onEnd={onEnd} />
      ) : (
        <StoredTurn turn={turn} />
      )}
    </li>
  );
}

function LiveTurn({ turn, canAnswer, endedAt, onEnd }: Omit<TurnItemProps, "askedBy">) {
  const utils = trpc.useUtils();
  const [initial] = useState(() => utils.turn.get.getData({ turnId: turn.turnId }));
  const { state, view, seq, outcome, downSince, refused } = useTurn(turn.turnId, initial);
  const isOver = state === "completed" || state === "failed";
  const isQueued = state === "streaming" && seq === 0;

  useEffect(() => {
    if (!isOver) return;
    onEnd(turn.turnId);
  }, [isOver, onEnd, turn.turnId]);

  return (
    <div className="flex flex-col gap-2.5">
      <AgentLine turnId={turn.turnId} view={view} />
      <TurnBody turnId={turn.turnId} view={view} isLive={!isOver} canAnswer={canAnswer} />
      <TurnStateLine
        standing={{ state: isQueued ? "queued" : state, outcome, error: view.end?.error ?? null, refused }}
        from={turn.createdAt}
        to={endedAt}
        downSince={downSince === null ? null : new Date(downSince)}
      />
    </div>
  );
}

function StoredTurn({ turn }: { turn: TurnSummary }) {
  const { data, error } = trpc.turn.get.useQuery({ turnId: turn.turnId });
  if (!data) return <p className="text-soft">{error ? "This turn could not be read." : "Reading the turn…"}</p>;
  const state = data.status === "failed" ? "failed" : "completed";
  return (
    <div className="flex flex-col gap-2.5">
      <AgentLine turnId={turn.turnId} view={data.view} />
      <TurnBody turnId={turn.turnId} view={data.view} isLive={false} canAnswer={false} />
      <TurnStateLine
        standing={{ state, outcome: data.outcome, error: data.view.end?.error ?? null, refused: null }}
        from={data.startedAt ?? turn.createdAt}
        to={data.endedAt}
        downSince={null}
      />
    </div>
  );
}

function AgentLine({ turnId, view: { agent, model, sandbox } }: { turnId: string; view: TurnView }) {
  if (!agent) return null;
  return (
    <p className="flex flex-wrap items-center gap-x-2 text-2xs text-faint">
      <span className="inline-flex min-w-0 items-center gap-1.5 font-semibold text-soft">
        <AgentName name={agent.name ?? agent.profileId} isDemo={agent.isDemo ?? false} />
      </span>
      {model === null || agent.isDemo ? null : <span>{model}</span>}
      {sandbox ? <SandboxLink sandboxId={turnId} kind={sandbox.sandbox} reason={sandbox.reason} /> : null}
    </p>
  );
}
