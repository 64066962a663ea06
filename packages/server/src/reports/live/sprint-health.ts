/** Sprint health: how far a sprint's work is against how far its time is. */
import { EXPLORE_MEASURES, type FullPanelParams, type HealthVerdict, type PanelData } from "@signalbox/catalog/panels";
import { PLAN_STATUSES, type PlanStatus } from "@signalbox/catalog/plan-workflow";
import { and, desc, eq, isNull, lte, sql } from "drizzle-orm";
import { SignalboxError } from "../../errors.ts";
import { plan, sprint } from "../../store/schema.ts";
import { addAmounts, amounts, type Amount } from "../amounts.ts";
import { daysBetween } from "../calendar.ts";
import type { LiveQuery, LiveRead } from "../live-query.ts";
import { share } from "../statistics.ts";

type Health = PanelData<"sprint-health">;
type Sprint = NonNullable<Health["sprint"]>;

/** Behind the time by more than this share of the work: at risk, off track. */
const AT_RISK = 0.1;
const OFF_TRACK = 0.3;
/** With more than this share of the open work blocked a sprint is at risk, however far it is. */
const BLOCKED_AT_RISK = 0.25;

export const sprintHealth: LiveQuery<"sprint-health"> = async (read, params) => {
  const found = await findSprint(read, params);
  if (!found) return healthOf({ sprint: null, byStatus: [], unestimated: 0, today: read.today });
  const { tx, scope } = read;
  const inSprint = and(eq(plan.workspaceId, scope.workspaceId), eq(plan.sprintId, found.id));
  const byStatus = await tx
    .select({ status: plan.status, ...amounts })
    .from(plan)
    .where(inSprint)
    .groupBy(plan.status);
  const [open] = await tx
    .select({ count: amounts.count })
    .from(plan)
    .where(and(inSprint, isNull(plan.estimate), sql`${plan.status} <> 'cancelled'`));
  return healthOf({ sprint: found, byStatus, unestimated: open?.count ?? 0, today: read.today });
};

async function findSprint(
  { tx, scope, today }: LiveRead,
  { sprintId }: FullPanelParams<"sprint-health">,
): Promise<Sprint | null> {
  const columns = { id: sprint.id, name: sprint.name, startsOn: sprint.startsOn, endsOn: sprint.endsOn };
  const ours = eq(sprint.workspaceId, scope.workspaceId);
  if (sprintId !== undefined) {
    const [named] = await tx
      .select(columns)
      .from(sprint)
      .where(and(ours, eq(sprint.id, sprintId)));
    if (named) return named;
    throw new SignalboxError("bad-request", `params.sprintId ${JSON.stringify(sprintId)} is not in this workspace.`, {
      field: "sprintId",
      id: sprintId,
    });
  }
  // The one that began last is the one under way, or the one that ended last.
  const [current] = await tx
    .select(columns)
    .from(sprint)
    .where(and(ours, lte(sprint.startsOn, today)))
    .orderBy(desc(sprint.startsOn), desc(sprint.id))
    .limit(1);
  const [next] = current
    ? [current]
    : await tx.select(columns).from(sprint).where(ours).orderBy(sprint.startsOn, sprint.id).limit(1);
  return next ?? null;
}

/** The formula, on what was counted. */
export function healthOf({
  sprint,
  byStatus,
  unestimated,
  today,
}: {
  sprint: Sprint | null;
  byStatus: readonly (Amount & { status: PlanStatus })[];
  /** Of the plans that are not cancelled. */
  unestimated: number;
  today: string;
}): Health {
  const of = (status: PlanStatus): Amount => byStatus.find((row) => row.status === status) ?? { count: 0, points: 0 };
  const wanted = byStatus.filter(({ status }) => status !== "cancelled");
  const total = addAmounts(wanted);
  const done = addAmounts([of("complete")]);
  const measure = EXPLORE_MEASURES[total.points > 0 ? 1 : 0];
  const days = sprint ? daysBetween(sprint.startsOn, sprint.endsOn) + 1 : 0;
  const daysBegun = sprint ? Math.min(days, Math.max(0, daysBetween(sprint.startsOn, today) + 1)) : 0;
  const doneShare = share(done[measure], total[measure]);
  const elapsedShare = share(daysBegun, days);
  const isOver = sprint !== null && today > sprint.endsOn;
  const blockedShare = share(of("blocked")[measure], total[measure] - done[measure]);
  return {
    sprint,
    days,
    daysBegun,
    byStatus: PLAN_STATUSES.map((status) => ({ status, count: of(status).count, points: of(status).points })),
    total,
    done,
    measure,
    doneShare,
    elapsedShare,
    unestimated,
    verdict: verdictOf({
      hasWork: total.count > 0,
      isBegun: daysBegun > 0,
      isOver,
      doneShare,
      elapsedShare,
      blockedShare,
    }),
  };
}

function verdictOf(now: {
  hasWork: boolean;
  isBegun: boolean;
  isOver: boolean;
  doneShare: number;
  elapsedShare: number;
  blockedShare: number;
}): HealthVerdict {
  if (now.hasWork && now.doneShare === 1) return "done";
  if (!now.hasWork || !now.isBegun) return "not-started";
  // Without the dust of floating-point subtraction, so that exactly 0.30 is not more than 0.30.
  const behind = Number((now.elapsedShare - now.doneShare).toFixed(9));
  if (now.isOver || behind > OFF_TRACK) return "off-track";
  return behind > AT_RISK || now.blockedShare > BLOCKED_AT_RISK ? "at-risk" : "on-track";
}
