/**
 * What daily panels are made from: the captured days of one metric and nothing else. A daily panel is a function of this
 * history, so that it can touch no live table and yesterday's point can't move.
 */
import { HISTORY_DAYS } from "@signalbox/catalog/bounds";
import type { FullPanelParams, PanelData, PanelId } from "@signalbox/catalog/panels";
import { and, desc, eq } from "drizzle-orm";
import { z } from "zod";
import type { Scope } from "../access/scope.ts";
import { dailySnapshot } from "../store/schema.ts";
import type { Tx } from "../store/store.ts";

/** The metric of sprints: for each that was under way on that day, what it held when the day ended. */
export const SPRINTS_METRIC = "sprints";

const Amount = z.object({ count: z.number(), points: z.number() });
export const CapturedSprint = z.object({
  id: z.string(),
  name: z.string(),
  startsOn: z.string(),
  endsOn: z.string(),
  /** Without cancelled plans. */
  total: Amount,
  done: Amount,
});
export type CapturedSprint = z.infer<typeof CapturedSprint>;

export interface CapturedDay {
  day: string;
  capturedAt: Date;
  sprints: CapturedSprint[];
}

export type DailyQuery<P extends PanelId> = (
  /** The oldest day first. */
  history: readonly CapturedDay[],
  params: FullPanelParams<P>,
) => PanelData<P>;

/** The newest captured days, the oldest of them first. A row that this version can't read counts as not captured. */
export async function readHistory(tx: Tx, scope: Scope): Promise<CapturedDay[]> {
  const rows = await tx
    .select({ day: dailySnapshot.day, capturedAt: dailySnapshot.capturedAt, value: dailySnapshot.value })
    .from(dailySnapshot)
    .where(and(eq(dailySnapshot.workspaceId, scope.workspaceId), eq(dailySnapshot.metric, SPRINTS_METRIC)))
    .orderBy(desc(dailySnapshot.day))
    .limit(HISTORY_DAYS);
  return rows.toReversed().flatMap(({ value, ...day }) => {
    const sprints = z.array(CapturedSprint).safeParse(value);
    return sprints.success ? [{ ...day, sprints: sprints.data }] : [];
  });
}

/** The days on which a sprint was captured, the oldest first, with its name and dates as they were last. */
export function sprintHistory(
  history: readonly CapturedDay[],
  sprintId: string,
): { last: CapturedSprint; byDay: ReadonlyMap<string, CapturedSprint> } | null {
  const byDay = new Map<string, CapturedSprint>();
  let last: CapturedSprint | null = null;
  for (const { day, sprints } of history) {
    const found = sprints.find(({ id }) => id === sprintId);
    if (found) byDay.set(day, found);
    last = found ?? last;
  }
  return last ? { last, byDay } : null;
}

/** Sprints that were ever captured, the newest first. */
export function sprintsIn(history: readonly CapturedDay[]): CapturedSprint[] {
  const newest = new Map(history.flatMap(({ sprints }) => sprints).map((sprint) => [sprint.id, sprint]));
  return [...newest.values()].toSorted((a, b) => compare(b.startsOn, a.startsOn) || compare(b.id, a.id));
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
