/**
 * The daily capture: what a workspace's sprints held when a local day ended, written once, at the host's first chance on
 * the day after. A day without such a chance stays missing; nothing is filled in by itself.
 */
import { CAPTURE_EVERY_MS } from "@signalbox/catalog/timing";
import { and, eq, gte, lte, sql } from "drizzle-orm";
import { notFound, SignalboxError } from "../errors.ts";
import { dailySnapshot, planChange, sprint, workspace } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";
import { addDays, localDay, startOfDay } from "./calendar.ts";
import { SPRINTS_METRIC, type CapturedSprint } from "./history.ts";

export interface Capture {
  workspaceId: string;
  day: string;
  /** False: that day had been captured before, and stands as it is. */
  isNew: boolean;
}

export interface CaptureOptions {
  workspaceId: string;
  /** `YYYY-MM-DD` in the workspace's time zone. */
  day: string;
  now?: Date;
}

/**
 * Captures a day as it stood at its end, from the recorded history of plans; today as it stands now. What was captured
 * before stays. Throws `bad-request` for a day that has not begun.
 */
export function captureDay(store: Store, { workspaceId, day, now = new Date() }: CaptureOptions): Promise<Capture> {
  return store.system(async (tx) => {
    const [found] = await tx
      .select({ timeZone: workspace.timeZone })
      .from(workspace)
      .where(eq(workspace.id, workspaceId));
    if (!found) throw notFound("workspace", workspaceId);
    const today = localDay(now, found.timeZone);
    if (day > today) {
      throw new SignalboxError("bad-request", `date ${day} has not begun: today is ${today}.`, { date: day });
    }
    // The instant at which the next day begins no longer belongs to this one.
    const end = startOfDay(addDays(day, 1), found.timeZone).getTime() - 1;
    const value = await sprintsAt(tx, { workspaceId, day, at: new Date(Math.min(end, now.getTime())) });
    const written = await tx
      .insert(dailySnapshot)
      .values({ workspaceId, day, metric: SPRINTS_METRIC, value, capturedAt: now })
      .onConflictDoNothing()
      .returning({ day: dailySnapshot.day });
    return { workspaceId, day, isNew: written.length > 0 };
  });
}

/** The sprints under way on that day, with what they held at that instant. */
async function sprintsAt(
  tx: Tx,
  { workspaceId, day, at }: { workspaceId: string; day: string; at: Date },
): Promise<CapturedSprint[]> {
  const newest = tx
    .selectDistinctOn([planChange.planId], {
      planId: planChange.planId,
      status: planChange.status,
      estimate: planChange.estimate,
      sprintId: planChange.sprintId,
    })
    .from(planChange)
    .where(and(eq(planChange.workspaceId, workspaceId), lte(planChange.at, at)))
    .orderBy(planChange.planId, sql`${planChange.version} desc`)
    .as("newest");
  const isWanted = sql`${newest.status} is not null and ${newest.status} <> 'cancelled'`;
  const isDone = sql`${newest.status} = 'complete'`;
  const rows = await tx
    .select({
      id: sprint.id,
      name: sprint.name,
      startsOn: sprint.startsOn,
      endsOn: sprint.endsOn,
      count: sql<number>`(count(*) filter (where ${isWanted}))::int`,
      points: sql<number>`coalesce(sum(${newest.estimate}) filter (where ${isWanted}), 0)::int`,
      doneCount: sql<number>`(count(*) filter (where ${isDone}))::int`,
      donePoints: sql<number>`coalesce(sum(${newest.estimate}) filter (where ${isDone}), 0)::int`,
    })
    .from(sprint)
    .leftJoin(newest, eq(newest.sprintId, sprint.id))
    .where(and(eq(sprint.workspaceId, workspaceId), lte(sprint.startsOn, day), gte(sprint.endsOn, day)))
    .groupBy(sprint.id)
    .orderBy(sprint.startsOn, sprint.id);
  return rows.map(({ count, points, doneCount, donePoints, ...named }) => ({
    ...named,
    total: { count, points },
    done: { count: doneCount, points: donePoints },
  }));
}

export interface Capturing {
  /** Looks once: captures the day that ended last for each workspace that has not got it. Returns what was captured now. */
  tick(): Promise<Capture[]>;
  stop(): Promise<void>;
}

/** Looks at once, and from then on soon after each local midnight. Several hosts may do so: the first one's row stands. */
export function startCapturing({
  store,
  onError,
  now = () => new Date(),
}: {
  store: Store;
  onError(error: unknown): void;
  now?: () => Date;
}): Capturing {
  let isStopped = false;
  /** The newest day of each workspace that needs no further look. */
  const done = new Map<string, string>();

  async function tick(): Promise<Capture[]> {
    const workspaces = await store.system((tx) =>
      tx.select({ id: workspace.id, timeZone: workspace.timeZone, createdAt: workspace.createdAt }).from(workspace),
    );
    const captured: Capture[] = [];
    for (const { id, timeZone, createdAt } of workspaces) {
      const at = now();
      const day = addDays(localDay(at, timeZone), -1);
      if (isStopped || done.get(id) === day) continue;
      // A workspace that was made today had no yesterday.
      const isOlder = localDay(createdAt, timeZone) <= day;
      const capture = isOlder ? await captureDay(store, { workspaceId: id, day, now: at }) : null;
      done.set(id, day);
      if (capture?.isNew) captured.push(capture);
    }
    return captured;
  }

  let running: Promise<unknown> | null = null;
  const look = () => {
    running ??= tick()
      .catch(onError)
      .finally(() => {
        running = null;
      });
  };
  const timer = setInterval(look, CAPTURE_EVERY_MS);
  timer.unref();
  look();
  return {
    tick,
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
