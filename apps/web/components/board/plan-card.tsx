"use client";
/** A plan on the board: a link to it, draggable, with a menu of where it may go. */
import { attachClosestEdge } from "@atlaskit/pragmatic-drag-and-drop-hitbox/closest-edge";
import { combine } from "@atlaskit/pragmatic-drag-and-drop/combine";
import { draggable, dropTargetForElements } from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import { clsx } from "clsx";
import { Bot } from "lucide-react";
import Link from "next/link";
import { memo, useEffect, useRef, useState } from "react";
import type { Plan } from "../../lib/records.ts";
import { useHydrated } from "../ui/clock.tsx";
import { PersonMark } from "../ui/person-mark.tsx";
import { useBoard } from "./board-context.ts";
import { MoveMenu } from "./move-menu.tsx";
import type { CardData } from "./use-board-drop.ts";

export const PlanCard = memo(function PlanCard({ plan }: { plan: Plan }) {
  const { workspaceId, canEdit, members, sprints, runs, glowing, activePlanId, activate } = useBoard();
  const element = useRef<HTMLLIElement>(null);
  const [isDragged, setIsDragged] = useState(false);
  const isHydrated = useHydrated();
  const { id, status } = plan;

  useEffect(() => {
    const card = element.current;
    if (!card || !canEdit) return;
    return combine(
      draggable({
        element: card,
        getInitialData: (): CardData => ({ type: "plan", planId: id, status }),
        onDragStart: () => setIsDragged(true),
        onDrop: () => setIsDragged(false),
      }),
      dropTargetForElements({
        element: card,
        getData: ({ input }) =>
          attachClosestEdge({ planId: id, status }, { element: card, input, allowedEdges: ["top", "bottom"] }),
      }),
    );
  }, [id, status, canEdit]);

  const assignee = plan.assigneeId === null ? undefined : members.get(plan.assigneeId);
  const sprint = plan.sprintId === null ? undefined : sprints.get(plan.sprintId);
  const run = runs.get(id);
  const isActive = activePlanId === id;

  return (
    <li
      ref={element}
      data-plan-id={id}
      data-slide={id}
      className={clsx(
        "group relative rounded-md border border-line bg-surface shadow-card hover:border-line-strong",
        glowing.has(id) && "glow",
        isDragged && "opacity-40",
      )}
    >
      <div className="flex items-start gap-1 pt-2 pr-1 pl-2.5">
        <Link
          href={`/w/${workspaceId}/plans/${id}`}
          prefetch={false}
          draggable={false}
          // Until the browser has taken over every card can be reached by Tab; then arrow keys go from card to card.
          tabIndex={isHydrated && !isActive ? -1 : 0}
          onFocus={() => activate(id)}
          className={clsx(
            "min-w-0 flex-1 wrap-anywhere rounded-sm text-list font-medium after:absolute after:inset-0 after:rounded-md",
            "focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-accent",
            status === "cancelled" && "text-soft line-through",
          )}
        >
          {plan.title}
        </Link>
        {canEdit ? <MoveMenu plan={plan} isTabbable={!isHydrated || isActive} /> : null}
      </div>
      <div className="flex min-h-7 items-center gap-2 px-2.5 pt-0.5 pb-2 text-2xs text-faint">
        {plan.estimate === null ? null : (
          <span className="rounded bg-sunken px-1.5 font-medium text-soft" title="Estimate in points">
            {plan.estimate} pt
          </span>
        )}
        {sprint ? <span className="min-w-0 truncate">{sprint.name}</span> : null}
        <span className="flex-1" />
        {run ? (
          <span
            className="inline-flex items-center gap-1 font-medium text-accent"
            title={run.progress?.current ?? "An agent is at work"}
          >
            <Bot aria-hidden size={13} />
            <span className="sr-only">An agent is at work</span>
            {run.progress && run.progress.total > 0 ? `${run.progress.done}/${run.progress.total}` : null}
          </span>
        ) : null}
        {assignee ? <PersonMark name={assignee.name} /> : null}
      </div>
    </li>
  );
});
