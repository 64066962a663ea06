"use client";
/** A panel's parameters as a form: each change is at once in the address and on the screen. Without JavaScript its button asks for the page. */
import {
  EXPLORE_GROUPS,
  EXPLORE_MEASURES,
  isQuestion,
  NONE,
  PANEL_PERIODS,
  PERIOD_DAYS,
  type PanelId,
} from "@signalbox/catalog/panels";
import { PLAN_STATUS_LABELS, PLAN_STATUSES } from "@signalbox/catalog/plan-workflow";
import { USAGE_PERIODS } from "@signalbox/catalog/usage";
import { trpc } from "@signalbox/react/signalbox-provider";
import type { FormEvent } from "react";
import { USAGE_PERIOD_WORDS } from "../../lib/format/usage-words.ts";

interface Option {
  value: string;
  label: string;
}

interface Control {
  field: string;
  label: string;
  /** What the absent parameter means. */
  absent: string | null;
  options: readonly Option[];
}

interface PanelControlsProps {
  workspaceId: string;
  panelId: PanelId;
  params: Readonly<Record<string, unknown>>;
  /** Sprints that the panel itself knows of; without them those of the workspace. */
  sprints?: readonly { id: string; name: string }[] | undefined;
  onChange: (params: Record<string, string>) => void;
}

export function PanelControls({ workspaceId, panelId, params, sprints, onChange }: PanelControlsProps) {
  const controls = useControls(workspaceId, panelId, sprints);
  const change = (event: FormEvent<HTMLFormElement>) => {
    const given = [...new FormData(event.currentTarget)].flatMap(([field, value]) =>
      typeof value === "string" && value !== "" ? [[field, value]] : [],
    );
    onChange(Object.fromEntries(given));
  };
  return (
    <form
      method="get"
      aria-label="Parameters"
      onChange={change}
      onSubmit={(event) => {
        event.preventDefault();
        change(event);
      }}
      className="flex flex-wrap items-end gap-3"
    >
      {controls.map(({ field, label, absent, options }) => (
        <label key={field} className="flex flex-col gap-0.5 text-2xs text-faint">
          {label}
          <select
            name={field}
            value={textOf(params[field])}
            // The form hears it; React wants a handler beside a value.
            onChange={() => undefined}
            className="field min-h-8 w-auto max-w-48 py-1 text-list"
          >
            {absent === null ? null : <option value="">{absent}</option>}
            {options.map(({ value, label: words }) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
      ))}
      <button type="submit" className="press hidden border border-line-strong noscript:inline-flex">
        Show
      </button>
    </form>
  );
}

function useControls(workspaceId: string, panelId: PanelId, own: PanelControlsProps["sprints"]): readonly Control[] {
  const isExplore = panelId === "explore";
  const known = trpc.sprint.list.useQuery({ workspaceId }, { enabled: isExplore || panelId === "sprint-health" }).data;
  const members = trpc.member.list.useQuery({ workspaceId }, { enabled: isExplore }).data ?? [];
  const initiatives = trpc.initiative.list.useQuery({ workspaceId }, { enabled: isExplore }).data ?? [];
  const sprints = (own ?? known ?? []).map(({ id, name }) => ({ value: id, label: name }));
  if (isQuestion(panelId)) return [{ ...MEASURE, absent: "Plans", options: [POINTS] }];
  switch (panelId) {
    case "sprint-health":
      return [{ field: "sprintId", label: "Sprint", absent: "Current", options: sprints }];
    case "estimate-accuracy":
    case "scorecard":
      return [PERIOD];
    case "usage":
      return [USAGE_PERIOD];
    case "burndown":
      return [
        { field: "sprintId", label: "Sprint", absent: "Newest", options: sprints },
        { ...MEASURE, absent: "Points", options: [PLANS] },
      ];
    case "velocity":
      return [
        {
          field: "sprints",
          label: "Sprints",
          absent: "6",
          options: [3, 12, 26].map((n) => ({ value: String(n), label: String(n) })),
        },
        { ...MEASURE, absent: "Points", options: [PLANS] },
      ];
    case "explore":
      return [
        { field: "groupBy", label: "Group by", absent: "Status", options: GROUPS },
        { ...MEASURE, absent: "Plans", options: [POINTS] },
        { field: "status", label: "Status", absent: "Any", options: STATUSES },
        {
          field: "assigneeId",
          label: "Assignee",
          absent: "Anybody",
          options: withNone(members.map(({ id, name }) => ({ value: id, label: name }))),
        },
        { field: "sprintId", label: "Sprint", absent: "Any", options: withNone(sprints) },
        {
          field: "initiativeId",
          label: "Initiative",
          absent: "Any",
          options: withNone(initiatives.map(({ id, title }) => ({ value: id, label: title }))),
        },
      ];
  }
}

const [COUNT, POINT] = EXPLORE_MEASURES;
const MEASURE = { field: "measure", label: "Measure" };
const PLANS: Option = { value: COUNT, label: "Plans" };
const POINTS: Option = { value: POINT, label: "Points" };
const PERIOD: Control = {
  field: "period",
  label: "Completed in the last",
  absent: "30 days",
  options: PANEL_PERIODS.filter((period) => period !== "30d").map((period) => ({
    value: period,
    label: `${PERIOD_DAYS[period]} days`,
  })),
};
const USAGE_PERIOD: Control = {
  field: "period",
  label: "In the last",
  absent: USAGE_PERIOD_WORDS["24h"],
  options: USAGE_PERIODS.filter((period) => period !== "24h").map((period) => ({
    value: period,
    label: USAGE_PERIOD_WORDS[period],
  })),
};
const GROUP_LABELS: Record<(typeof EXPLORE_GROUPS)[number], string> = {
  status: "Status",
  assignee: "Assignee",
  sprint: "Sprint",
  initiative: "Initiative",
};
const GROUPS = EXPLORE_GROUPS.filter((group) => group !== "status").map((group) => ({
  value: group,
  label: GROUP_LABELS[group],
}));
const STATUSES = PLAN_STATUSES.map((status) => ({ value: status, label: PLAN_STATUS_LABELS[status] }));

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function withNone(options: readonly Option[]): readonly Option[] {
  return [...options, { value: NONE, label: "None" }];
}
