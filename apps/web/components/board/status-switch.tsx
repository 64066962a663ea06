"use client";
/** On a narrow screen the board shows one column: this chooses which. Links, so that it works without JavaScript too. */
import { PLAN_STATUSES, PLAN_STATUS_LABELS, type PlanStatus } from "@signalbox/catalog/plan-workflow";
import { clsx } from "clsx";
import { StatusMark } from "../ui/status-mark.tsx";
import type { Columns } from "./board-model.ts";

interface StatusSwitchProps {
  columns: Columns;
  shown: PlanStatus;
  onShow: (status: PlanStatus) => void;
}

export function StatusSwitch({ columns, shown, onShow }: StatusSwitchProps) {
  return (
    <nav aria-label="Status" className="-mx-3 flex gap-1 overflow-x-auto px-3 pb-2 sm:hidden">
      {PLAN_STATUSES.map((status) => (
        <a
          key={status}
          href={`?status=${status}`}
          aria-current={status === shown ? "true" : undefined}
          onClick={(event) => {
            event.preventDefault();
            onShow(status);
          }}
          className={clsx(
            "press min-h-11 shrink-0 border px-3",
            status === shown ? "border-line-strong bg-surface" : "border-transparent text-soft",
          )}
        >
          <StatusMark status={status} />
          {PLAN_STATUS_LABELS[status]}
          <span className="text-faint">{columns[status].length}</span>
        </a>
      ))}
    </nav>
  );
}
