/** Plans that are complete now and became so lately, with the time that each took. */
import { and, eq, sql } from "drizzle-orm";
import { plan, planChange } from "../../store/schema.ts";
import type { LiveRead } from "../live-query.ts";

export interface Completion {
  planId: string;
  assigneeId: string | null;
  estimate: number | null;
  /** From the first time that it was in progress to the last time that it became complete; null where it never was in progress. */
  days: number | null;
}

const DAY_MS = 86_400_000;

/** Completed in the `days` days up to now. A plan that was taken up again counts once it is complete again. */
export async function readCompletions({ tx, scope, now }: LiveRead, days: number): Promise<Completion[]> {
  const since = new Date(now.getTime() - days * DAY_MS);
  const startedAt = sql<string | null>`min(${planChange.at}) filter (where ${planChange.status} = 'in-progress')`;
  const completedAt = sql<string>`max(${planChange.at}) filter
    (where ${planChange.status} = 'complete' and ${planChange.fromStatus} is distinct from 'complete')`;
  const rows = await tx
    .select({
      planId: plan.id,
      assigneeId: plan.assigneeId,
      estimate: plan.estimate,
      seconds: sql<number | null>`extract(epoch from ${completedAt} - ${startedAt})::float8`,
    })
    .from(plan)
    .innerJoin(planChange, eq(planChange.planId, plan.id))
    .where(and(eq(plan.workspaceId, scope.workspaceId), eq(plan.status, "complete")))
    .groupBy(plan.id)
    .having(
      sql`${completedAt} > ${since.toISOString()}::timestamptz and ${completedAt} <= ${now.toISOString()}::timestamptz`,
    );
  return rows.map(({ seconds, ...row }) => ({ ...row, days: seconds === null ? null : seconds / 86_400 }));
}
