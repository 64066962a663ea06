"use client";
/** What a plan is filed under: status, assignee, estimate, sprint, initiative. Each is one choice out of a few. */
import { allowedTransitions, PLAN_STATUS_LABELS, type PlanStatus } from "@signalbox/catalog/plan-workflow";
import { trpc } from "@signalbox/react/signalbox-provider";
import { CircleUserRound } from "lucide-react";
import type { ReactNode } from "react";
import type { Plan } from "../../lib/records.ts";
import { PersonMark } from "../ui/person-mark.tsx";
import { type Choice, PickMenu } from "../ui/pick-menu.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import type { PlanEdit } from "./use-plan-edits.ts";

/** Stands for "none" in a menu, where every choice needs a value. No id is empty. */
const NONE = "";
const ESTIMATES = [1, 2, 3, 5, 8, 13, 21];

interface PlanPropertiesProps {
  workspaceId: string;
  plan: Plan;
  /** The status that the server knows: what may follow is counted from here. */
  settledStatus: PlanStatus;
  canEdit: boolean;
  onSave: (edit: PlanEdit) => void;
  onMove: (status: PlanStatus) => void;
}

export function PlanProperties({ workspaceId, plan, settledStatus, canEdit, onSave, onMove }: PlanPropertiesProps) {
  const members = trpc.member.list.useQuery({ workspaceId }).data ?? [];
  const sprints = trpc.sprint.list.useQuery({ workspaceId }).data ?? [];
  const initiatives = trpc.initiative.list.useQuery({ workspaceId }).data ?? [];

  const property = (
    label: string,
    value: string | null,
    choices: readonly Choice[],
    onPick: (value: string) => void,
  ) => <Property label={label} value={value ?? NONE} choices={choices} canEdit={canEdit} onPick={onPick} />;
  return (
    <dl className="grid grid-cols-[6.5rem_1fr] items-center gap-x-2 gap-y-0.5">
      {property(
        "Status",
        plan.status,
        [...new Set([plan.status, settledStatus, ...allowedTransitions(settledStatus)])].map(statusChoice),
        (value) => {
          const status = allowedTransitions(settledStatus).find((each) => each === value);
          if (status) onMove(status);
        },
      )}
      {property(
        "Assignee",
        plan.assigneeId,
        [
          { value: NONE, label: "Nobody", mark: <CircleUserRound aria-hidden size={16} className="text-faint" /> },
          ...members.map(({ id, name }) => ({
            value: id,
            label: name,
            mark: <PersonMark name={name} size={16} isDecorative />,
          })),
        ],
        (value) => onSave({ assigneeId: value || null }),
      )}
      {property(
        "Estimate",
        plan.estimate === null ? null : String(plan.estimate),
        estimateChoices(plan.estimate),
        (value) => onSave({ estimate: value === NONE ? null : Number(value) }),
      )}
      {property(
        "Sprint",
        plan.sprintId,
        [{ value: NONE, label: "No sprint" }, ...sprints.map(({ id, name }) => ({ value: id, label: name }))],
        (value) => onSave({ sprintId: value || null }),
      )}
      {property(
        "Initiative",
        plan.initiativeId,
        [{ value: NONE, label: "No initiative" }, ...initiatives.map(({ id, title }) => ({ value: id, label: title }))],
        (value) => onSave({ initiativeId: value || null }),
      )}
    </dl>
  );
}

interface PropertyProps {
  label: string;
  value: string;
  choices: readonly Choice[];
  canEdit: boolean;
  onPick: (value: string) => void;
}

function Property({ label, value, choices, canEdit, onPick }: PropertyProps) {
  const chosen = choices.find((choice) => choice.value === value);
  const shown: ReactNode = (
    <>
      {chosen?.mark}
      <span className={value === NONE ? "truncate text-faint" : "truncate"}>{chosen?.label ?? "Removed"}</span>
    </>
  );
  return (
    <>
      <dt className="text-soft">{label}</dt>
      <dd className="min-w-0">
        {canEdit ? (
          <PickMenu
            label={label}
            value={value}
            choices={choices}
            onPick={(picked) => {
              if (picked !== value) onPick(picked);
            }}
            className="max-w-full justify-start px-2 font-normal hover:bg-hover"
          >
            {shown}
          </PickMenu>
        ) : (
          <span className="inline-flex min-h-8 max-w-full items-center gap-1.5 px-2">{shown}</span>
        )}
      </dd>
    </>
  );
}

function statusChoice(status: PlanStatus): Choice {
  return { value: status, label: PLAN_STATUS_LABELS[status], mark: <StatusMark status={status} /> };
}

function estimateChoices(current: number | null): Choice[] {
  const values = [...new Set([...ESTIMATES, ...(current === null ? [] : [current])])].toSorted((a, b) => a - b);
  return [
    { value: NONE, label: "No estimate" },
    ...values.map((value) => ({ value: String(value), label: value === 1 ? "1 point" : `${value} points` })),
  ];
}
