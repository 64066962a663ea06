/** Explore: plans filtered, grouped and measured as asked. */
import { NONE, type EXPLORE_GROUPS, type FullPanelParams, type PanelData } from "@signalbox/catalog/panels";
import { PLAN_STATUS_LABELS, PLAN_STATUSES } from "@signalbox/catalog/plan-workflow";
import { and, desc, eq, isNull, type SQL } from "drizzle-orm";
import { SignalboxError } from "../../errors.ts";
import { initiative, member, plan, sprint, user } from "../../store/schema.ts";
import { addAmounts, amounts, type Amount } from "../amounts.ts";
import type { LiveQuery, LiveRead } from "../live-query.ts";

type Group = PanelData<"explore">["groups"][number];
type GroupBy = (typeof EXPLORE_GROUPS)[number];
interface Label {
  key: string;
  label: string;
}

const GROUPED_BY = {
  status: plan.status,
  assignee: plan.assigneeId,
  sprint: plan.sprintId,
  initiative: plan.initiativeId,
} as const;

export const explore: LiveQuery<"explore"> = async (read, params) => {
  const { tx, scope } = read;
  const labels = {
    assignee: await labelsOf(read, "assignee"),
    sprint: await labelsOf(read, "sprint"),
    initiative: await labelsOf(read, "initiative"),
  };
  const column = GROUPED_BY[params.groupBy];
  const rows = await tx
    .select({ key: column, ...amounts })
    .from(plan)
    .where(and(eq(plan.workspaceId, scope.workspaceId), ...filtersOf(params, labels)))
    .groupBy(column);
  const order = params.groupBy === "status" ? STATUS_LABELS : [...labels[params.groupBy], WITHOUT];
  return { groups: groupsOf(rows, order), total: addAmounts(rows) };
};

const STATUS_LABELS: Label[] = PLAN_STATUSES.map((status) => ({ key: status, label: PLAN_STATUS_LABELS[status] }));
const WITHOUT: Label = { key: NONE, label: "None" };

/** Every group of the order, those without plans left out; what is in none of them (a person who left) is under none. */
function groupsOf(rows: readonly (Amount & { key: string | null })[], order: readonly Label[]): Group[] {
  const keyOf = (key: string | null) => (order.some((label) => label.key === key) && key !== null ? key : NONE);
  return order
    .map((label) => ({ ...label, ...addAmounts(rows.filter(({ key }) => keyOf(key) === label.key)) }))
    .filter(({ count }) => count > 0);
}

function filtersOf(
  { status, assigneeId, sprintId, initiativeId }: FullPanelParams<"explore">,
  labels: Record<Exclude<GroupBy, "status">, readonly Label[]>,
): SQL[] {
  const related = [
    { field: "assigneeId", column: plan.assigneeId, id: assigneeId, known: labels.assignee },
    { field: "sprintId", column: plan.sprintId, id: sprintId, known: labels.sprint },
    { field: "initiativeId", column: plan.initiativeId, id: initiativeId, known: labels.initiative },
  ].flatMap(({ field, column, id, known }) => {
    if (id === undefined) return [];
    if (id === NONE) return [isNull(column)];
    if (known.some(({ key }) => key === id)) return [eq(column, id)];
    throw new SignalboxError("bad-request", `params.${field} ${JSON.stringify(id)} is not in this workspace.`, {
      field,
      id,
    });
  });
  return status === undefined ? related : [eq(plan.status, status), ...related];
}

function labelsOf({ tx, scope }: LiveRead, kind: Exclude<GroupBy, "status">): Promise<Label[]> {
  switch (kind) {
    case "assignee":
      return tx
        .select({ key: user.id, label: user.name })
        .from(member)
        .innerJoin(user, eq(user.id, member.userId))
        .where(eq(member.workspaceId, scope.workspaceId))
        .orderBy(user.name, user.id);
    case "sprint":
      return tx
        .select({ key: sprint.id, label: sprint.name })
        .from(sprint)
        .where(eq(sprint.workspaceId, scope.workspaceId))
        .orderBy(desc(sprint.startsOn), sprint.id);
    case "initiative":
      return tx
        .select({ key: initiative.id, label: initiative.title })
        .from(initiative)
        .where(eq(initiative.workspaceId, scope.workspaceId))
        .orderBy(initiative.title, initiative.id);
  }
}
