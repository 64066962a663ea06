"use client";
/** The board of a workspace: every plan in the column of its status, live. */
import { PLAN_STATUSES, type PlanStatus } from "@signalbox/catalog/plan-workflow";
import { trpc } from "@signalbox/react/signalbox-provider";
import { useMemo, useState } from "react";
import type { Run } from "../../lib/records.ts";
import { SlideOnMove } from "../ui/slide-on-move.tsx";
import { useNow } from "../ui/clock.tsx";
import { BoardColumn } from "./board-column.tsx";
import { BoardContext, type BoardContextValue } from "./board-context.ts";
import { findPlan } from "./board-model.ts";
import { isOnBoard } from "./board-rule.ts";
import { StatusSwitch } from "./status-switch.tsx";
import { useBoardDrop } from "./use-board-drop.ts";
import { useBoardKeys } from "./use-board-keys.ts";
import { useGlow } from "./use-glow.ts";
import { useMoves } from "./use-moves.ts";

const NOTHING: readonly never[] = [];

interface BoardProps {
  workspaceId: string;
  initialStatus: PlanStatus;
  /** Also what the board has left to history. */
  isWhole: boolean;
}

export function Board({ workspaceId, initialStatus, isWhole }: BoardProps) {
  const all = trpc.plan.list.useQuery({ workspaceId }).data ?? NOTHING;
  const members = useById(trpc.member.list.useQuery({ workspaceId }).data);
  const sprints = useById(trpc.sprint.list.useQuery({ workspaceId }).data);
  const now = useNow(3_600_000);
  const plans = useMemo(
    () => (isWhole ? all : all.filter((plan) => isOnBoard(plan, { sprints, now }))),
    [all, isWhole, sprints, now],
  );
  const older = { count: all.length - plans.length, isShown: isWhole };
  const runs = useRunsByPlan(trpc.run.list.useQuery({ workspaceId, state: "active" }).data);
  const role = trpc.workspace.get.useQuery({ workspaceId }).data?.role;
  const canEdit = role !== undefined && role !== "viewer";

  const [announcement, announce] = useState("");
  const [shown, setShown] = useState(initialStatus);
  const [lastActive, activate] = useState<string | null>(null);
  const { columns, move, keepOwn, isOwn } = useMoves({ plans, announce });
  const glowing = useGlow(plans, isOwn);
  const drag = useBoardDrop(columns, move);

  const show = (status: PlanStatus) => {
    setShown(status);
    // The column is part of the address, so that back, reload and a sent link show it; no request is needed for it.
    window.history.replaceState(null, "", `?status=${status}`);
  };
  const { root, onKeyDown } = useBoardKeys({ columns, canEdit, move, activate, showColumn: setShown, announce });

  const firstPlan = PLAN_STATUSES.map((status) => columns[status][0]).find((plan) => plan !== undefined);
  const activePlanId = lastActive !== null && findPlan(columns, lastActive) ? lastActive : (firstPlan?.id ?? null);
  const context = useMemo<BoardContextValue>(
    () => ({ workspaceId, canEdit, members, sprints, runs, glowing, activePlanId, activate, move, keepOwn }),
    [workspaceId, canEdit, members, sprints, runs, glowing, activePlanId, move, keepOwn],
  );

  return (
    <BoardContext value={context}>
      <div ref={root} onKeyDown={onKeyDown} className="flex min-h-0 flex-1 flex-col">
        <StatusSwitch columns={columns} shown={shown} onShow={show} />
        {all.length === 0 ? <FirstPlanHint canEdit={canEdit} /> : null}
        <SlideOnMove
          order={columns}
          className="grid min-h-0 flex-1 grid-cols-[repeat(6,minmax(13.5rem,1fr))] gap-2 overflow-x-auto pb-3 max-sm:block max-sm:overflow-visible"
        >
          {PLAN_STATUSES.map((status) => (
            <BoardColumn
              key={status}
              status={status}
              plans={columns[status]}
              isShown={status === shown}
              drag={drag}
              older={status === "complete" && (older.count > 0 || older.isShown) ? older : null}
            />
          ))}
        </SlideOnMove>
        <p aria-live="assertive" className="sr-only">
          {announcement}
        </p>
      </div>
    </BoardContext>
  );
}

function FirstPlanHint({ canEdit }: { canEdit: boolean }) {
  return (
    <p className="mb-2 rounded-md border border-dashed border-line-strong px-3 py-2 text-soft">
      {canEdit
        ? "No plans yet. Add the first one with + in a column, then open it to ask an agent to start on it."
        : "No plans yet. They appear here the moment somebody adds one."}
    </p>
  );
}

function useById<T extends { id: string }>(rows: readonly T[] | undefined): ReadonlyMap<string, T> {
  return useMemo(() => new Map((rows ?? []).map((row) => [row.id, row])), [rows]);
}

function useRunsByPlan(runs: readonly Run[] | undefined): ReadonlyMap<string, Run> {
  return useMemo(() => new Map((runs ?? []).map((run) => [run.planId, run])), [runs]);
}
