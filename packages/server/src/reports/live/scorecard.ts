/** The scorecard: what each person has under way, and what each completed in the period. */
import { PERIOD_DAYS, type PanelData } from "@signalbox/catalog/panels";
import type { PlanStatus } from "@signalbox/catalog/plan-workflow";
import { eq } from "drizzle-orm";
import { member, plan, user } from "../../store/schema.ts";
import { addAmounts, amounts, type Amount } from "../amounts.ts";
import type { LiveQuery } from "../live-query.ts";
import { median } from "../statistics.ts";
import { readCompletions, type Completion } from "./completions.ts";

type Card = PanelData<"scorecard">;

export const scorecard: LiveQuery<"scorecard"> = async (read, { period }) => {
  const { tx, scope } = read;
  const people = await tx
    .select({ id: user.id, name: user.name })
    .from(member)
    .innerJoin(user, eq(user.id, member.userId))
    .where(eq(member.workspaceId, scope.workspaceId))
    .orderBy(user.name, user.id);
  const held = await tx
    .select({ assigneeId: plan.assigneeId, status: plan.status, ...amounts })
    .from(plan)
    .where(eq(plan.workspaceId, scope.workspaceId))
    .groupBy(plan.assigneeId, plan.status);
  return cardOf({ people, held, completions: await readCompletions(read, PERIOD_DAYS[period]) });
};

/** The formula. Who has left the workspace is counted with the plans that nobody has. */
export function cardOf({
  people,
  held,
  completions,
}: {
  people: readonly { id: string; name: string }[];
  held: readonly (Amount & { assigneeId: string | null; status: PlanStatus })[];
  completions: readonly Completion[];
}): Card {
  const rowFor = (personId: string | null, name: string): Card["rows"][number] => {
    const isTheirs = ({ assigneeId }: { assigneeId: string | null }) =>
      personId === null ? !people.some(({ id }) => id === assigneeId) : assigneeId === personId;
    const plans = held.filter(isTheirs);
    const completed = completions.filter(isTheirs);
    return {
      personId,
      name,
      underWay: addAmounts(plans.filter(({ status }) => status === "in-progress" || status === "in-review")),
      blocked: addAmounts(plans.filter(({ status }) => status === "blocked")).count,
      completed: { count: completed.length, points: completed.reduce((sum, one) => sum + (one.estimate ?? 0), 0) },
      medianDays: median(completed.flatMap(({ days }) => (days === null ? [] : [days]))),
    };
  };
  const nobody = rowFor(null, "Nobody");
  const rows = people.map(({ id, name }) => rowFor(id, name));
  if (nobody.underWay.count + nobody.blocked + nobody.completed.count > 0) rows.push(nobody);
  return {
    rows,
    total: {
      underWay: addAmounts(rows.map((row) => row.underWay)),
      blocked: rows.reduce((sum, row) => sum + row.blocked, 0),
      completed: addAmounts(rows.map((row) => row.completed)),
    },
  };
}
