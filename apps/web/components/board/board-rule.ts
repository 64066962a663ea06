/**
 * Which plans a board shows: every open one, and of those that are over the ones of a sprint that has not ended and the
 * ones changed lately. The rest is history: it is in the reports, and one press away. Pure. Documented in `docs/reports.md`.
 */
import { BOARD_KEEPS_MS } from "@signalbox/catalog/timing";
import type { Plan, Sprint } from "../../lib/records.ts";

/** `now` in epoch milliseconds; a sprint counts as running until the UTC end of its last day. */
export function isOnBoard(
  plan: Pick<Plan, "status" | "sprintId" | "updatedAt">,
  { sprints, now }: { sprints: ReadonlyMap<string, Pick<Sprint, "endsOn">>; now: number },
): boolean {
  if (plan.status !== "complete" && plan.status !== "cancelled") return true;
  if (plan.updatedAt.getTime() > now - BOARD_KEEPS_MS) return true;
  const sprint = plan.sprintId === null ? undefined : sprints.get(plan.sprintId);
  return sprint !== undefined && sprint.endsOn >= new Date(now).toISOString().slice(0, 10);
}
