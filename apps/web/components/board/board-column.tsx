"use client";
/** One status of the board: its plans in order, a place to drop one, and a way to add one. */
import { dropTargetForElements } from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import { canTransition, PLAN_STATUS_LABELS, type PlanStatus } from "@signalbox/catalog/plan-workflow";
import { clsx } from "clsx";
import { Plus } from "lucide-react";
import Link from "next/link";
import { Fragment, useEffect, useRef, useState } from "react";
import { placeHref } from "../../lib/places.ts";
import type { Plan } from "../../lib/records.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import { useBoard } from "./board-context.ts";
import { NewPlan } from "./new-plan.tsx";
import { PlanCard } from "./plan-card.tsx";
import type { Drag } from "./use-board-drop.ts";

interface BoardColumnProps {
  status: PlanStatus;
  plans: readonly Plan[];
  /** Whether a narrow screen shows this column. */
  isShown: boolean;
  drag: Drag | null;
  /** Plans that are over and no longer on the board, and whether they are shown all the same. */
  older: { count: number; isShown: boolean } | null;
}

export function BoardColumn({ status, plans, isShown, drag, older }: BoardColumnProps) {
  const { workspaceId, canEdit } = useBoard();
  const element = useRef<HTMLElement>(null);
  const [isAdding, setIsAdding] = useState(false);

  useEffect(() => {
    const column = element.current;
    return column ? dropTargetForElements({ element: column, getData: () => ({ status }) }) : undefined;
  }, [status]);

  const label = PLAN_STATUS_LABELS[status];
  const mayTake = !drag || canTransition(drag.from, status);
  const over = mayTake && drag?.over?.status === status ? drag.over : null;

  return (
    <section
      ref={element}
      aria-label={label}
      data-status={status}
      className={clsx(
        "flex min-h-0 min-w-0 flex-col rounded-lg bg-column max-sm:bg-transparent",
        over && "bg-sunken outline-1 outline-line-strong",
        !mayTake && "opacity-60",
        !isShown && "max-sm:hidden",
      )}
    >
      <header className="flex min-h-10 items-center gap-2 pr-1 pl-3 max-sm:hidden">
        <StatusMark status={status} />
        <h2 className="truncate text-list font-semibold">{label}</h2>
        <span className="text-faint" aria-label={`${plans.length} plans`}>
          {plans.length}
        </span>
        <span className="flex-1" />
        {drag && !mayTake ? (
          <span className="truncate pr-2 text-2xs text-soft">not from {PLAN_STATUS_LABELS[drag.from]}</span>
        ) : null}
        {canEdit && !(drag && !mayTake) ? (
          <IconButton label={`New plan in ${label}`} onClick={() => setIsAdding(true)} className="min-h-7 px-1.5">
            <Plus aria-hidden size={15} />
          </IconButton>
        ) : null}
      </header>
      <ul className="flex min-h-12 flex-1 flex-col gap-1.5 overflow-y-auto p-1.5 pt-0.5 max-sm:overflow-visible max-sm:px-0">
        {plans.map((plan) => (
          <Fragment key={plan.id}>
            {over?.before === plan.id ? <DropLine /> : null}
            <PlanCard plan={plan} />
          </Fragment>
        ))}
        {over?.before === null ? <DropLine /> : null}
        {isAdding ? (
          <li>
            <NewPlan status={status} onDone={() => setIsAdding(false)} />
          </li>
        ) : null}
        {older ? (
          <li>
            <Link
              href={`${placeHref(workspaceId, "board")}?status=complete${older.isShown ? "" : "&older=1"}`}
              prefetch={false}
              className="press w-full text-2xs text-faint hover:bg-hover hover:text-ink"
            >
              {older.isShown ? "Hide older ones" : `Show ${older.count} older`}
            </Link>
          </li>
        ) : null}
        {canEdit && !isAdding ? (
          <li className="sm:hidden">
            <button
              type="button"
              onClick={() => setIsAdding(true)}
              className="press w-full justify-start text-soft hover:bg-hover"
            >
              <Plus aria-hidden size={15} /> New plan
            </button>
          </li>
        ) : null}
      </ul>
    </section>
  );
}

/** Where the card would land. It takes no room of its own, so that nothing jumps under the pointer. */
function DropLine() {
  return (
    <li aria-hidden className="relative z-2 -my-[0.3125rem] h-0.5 shrink-0 rounded-full bg-accent">
      <span className="absolute -top-[3px] -left-0.5 size-2 rounded-full border-2 border-accent bg-surface" />
    </li>
  );
}
