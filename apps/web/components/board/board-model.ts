/** The board as data: plans in columns, and the same board as it will be once the moves under way are answered. Pure. */
import { PLAN_STATUSES, type PlanStatus } from "@signalbox/catalog/plan-workflow";
import type { Plan } from "../../lib/records.ts";

export type Columns = Record<PlanStatus, readonly Plan[]>;

/** A move that was asked for and not yet answered. `before`: the plan that it comes to stand above; null: last. */
export interface Move {
  planId: string;
  status: PlanStatus;
  before: string | null;
}

/** Plans per status in the order of their positions. Positions are compared byte by byte, as the store does. */
export function columnsOf(plans: readonly Plan[]): Columns {
  const sorted = plans.toSorted(byPosition);
  return mapStatuses((status) => sorted.filter((plan) => plan.status === status));
}

/** The columns with these moves applied in turn. A move of a plan that is gone, or above one that is gone, still settles. */
export function applyMoves(columns: Columns, moves: readonly Move[]): Columns {
  return moves.reduce(applyMove, columns);
}

/** Where a plan stands, or null when it is not on the board. */
export function findPlan(columns: Columns, planId: string): { plan: Plan; index: number } | null {
  for (const status of PLAN_STATUSES) {
    const index = columns[status].findIndex((plan) => plan.id === planId);
    const plan = columns[status][index];
    if (plan) return { plan, index };
  }
  return null;
}

/** The move that puts a plan `by` places further down its own column (negative: up), or null at the column's end. */
export function moveWithin(columns: Columns, planId: string, by: 1 | -1): Move | null {
  const found = findPlan(columns, planId);
  if (!found) return null;
  const { plan, index } = found;
  const column = columns[plan.status];
  if (index + by < 0 || index + by >= column.length) return null;
  // Going down it comes to stand above the one after its neighbour.
  const next = column[by === 1 ? index + 2 : index - 1];
  return { planId, status: plan.status, before: next?.id ?? null };
}

/** True when the board already looks as this move asks for: nothing to do. */
export function isInPlace(columns: Columns, { planId, status, before }: Move): boolean {
  const found = findPlan(columns, planId);
  if (!found || found.plan.status !== status) return false;
  const next = columns[status][found.index + 1];
  return before === planId || (next?.id ?? null) === before;
}

function applyMove(columns: Columns, { planId, status, before }: Move): Columns {
  const found = findPlan(columns, planId);
  if (!found || before === planId) return columns;
  const moved: Plan = { ...found.plan, status };
  return mapStatuses((each) => {
    const rest = columns[each].filter((plan) => plan.id !== planId);
    if (each !== status) return rest;
    const at = before === null ? -1 : rest.findIndex((plan) => plan.id === before);
    return at < 0 ? [...rest, moved] : rest.toSpliced(at, 0, moved);
  });
}

function byPosition(a: Plan, b: Plan): number {
  if (a.position !== b.position) return a.position < b.position ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

function mapStatuses(columnOf: (status: PlanStatus) => readonly Plan[]): Columns {
  return {
    draft: columnOf("draft"),
    "in-progress": columnOf("in-progress"),
    "in-review": columnOf("in-review"),
    complete: columnOf("complete"),
    blocked: columnOf("blocked"),
    cancelled: columnOf("cancelled"),
  };
}
