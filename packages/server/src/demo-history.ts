/**
 * Two months of a team's work for the demo, replayed through the domain with the clock of then: earlier sprints with what
 * was done in them, and the current one up to today. Always the same work; only the calendar moves.
 */
import type { PlanStatus } from "@signalbox/catalog/plan-workflow";
import { grantScope, type Scope } from "./access/scope.ts";
import { addDays, startOfDay } from "./reports/calendar.ts";
import { captureDay } from "./reports/capture.ts";
import { createInitiatives, createSprints } from "./work/iterations.ts";
import { createPlans } from "./work/plans.ts";
import type { Store } from "./store/store.ts";
import { DEMO_INITIATIVES, DEMO_PLANS, EARLIER_WORK } from "./demo-work.ts";

const SPRINT_DAYS = 14;
const EARLIER_SPRINTS = 4;
/** The current sprint began so many days ago. */
const DAYS_INTO_SPRINT = 4;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The demo's days are those of UTC. */
const ZONE = "UTC";

/** Something that somebody did at some time. */
interface Act {
  at: number;
  run(): Promise<unknown>;
}

export interface DemoTeam {
  workspaceId: string;
  ownerId: string;
  memberId: string;
}

export async function replayDemoWork(store: Store, team: DemoTeam, today: string): Promise<void> {
  let clock = 0;
  const plans = createPlans(store, { now: () => new Date(clock) });
  const owner = grantScope({ workspaceId: team.workspaceId, personId: team.ownerId, role: "owner" });
  const member = grantScope({ workspaceId: team.workspaceId, personId: team.memberId, role: "member" });
  const first = addDays(today, -DAYS_INTO_SPRINT - EARLIER_SPRINTS * SPRINT_DAYS);

  const sprints: { id: string; startsOn: string }[] = [];
  for (let index = 0; index <= EARLIER_SPRINTS; index += 1) {
    const startsOn = addDays(first, index * SPRINT_DAYS);
    const endsOn = addDays(startsOn, SPRINT_DAYS - 1);
    const made = await createSprints(store).create(owner, { name: `Sprint ${index + 1}`, startsOn, endsOn });
    sprints.push({ id: made.id, startsOn });
  }
  const initiatives: string[] = [];
  for (const initiative of DEMO_INITIATIVES) {
    initiatives.push((await createInitiatives(store).create(owner, initiative)).id);
  }

  const acts: Act[] = [];
  const noon = (day: string) => startOfDay(day, ZONE).getTime() + 12 * HOUR_MS;

  /** A plan of an earlier sprint, done by its assignee alone: nobody is notified of a past that never was. */
  const replayEarlier = (sprintIndex: number, order: number) => {
    const work = EARLIER_WORK[sprintIndex * WORK_PER_SPRINT + order];
    const sprint = sprints[sprintIndex];
    const next = sprints[sprintIndex + 1];
    if (!work || !sprint || !next) return;
    const actor = order % 2 === 0 ? owner : member;
    const began = noon(sprint.startsOn) + order * 1.2 * DAY_MS;
    // A point takes about half a day, more or less as the work had it.
    const took = (work.estimate ?? 3) * 0.5 * work.pace * DAY_MS;
    const handOver = noon(next.startsOn) - 2 * HOUR_MS;
    const ended = Math.min(began + took, noon(addDays(today, -DAYS_INTO_SPRINT)) - 6 * HOUR_MS);
    let id = "";
    acts.push({
      at: startOfDay(sprint.startsOn, ZONE).getTime() + 9 * HOUR_MS + order * 60_000,
      run: async () => {
        const { title, estimate } = work;
        const created = await plans.create(actor, {
          title,
          estimate,
          assigneeId: actor.personId,
          sprintId: sprint.id,
          initiativeId: initiatives[order % initiatives.length] ?? null,
        });
        id = created.id;
      },
    });
    const move = (at: number, status: PlanStatus) => acts.push({ at, run: () => plans.move(actor, { id, status }) });
    if (work.isDropped) return void move(began, "cancelled");
    move(began, "in-progress");
    move(began + (ended - began) * 0.8, "in-review");
    // What is not done when its sprint ends goes on in the next one.
    if (ended > handOver) acts.push({ at: handOver, run: () => plans.update(actor, { id, sprintId: next.id }) });
    move(ended, "complete");
  };

  /** The plans on the board now: made by the owner, brought by their assignees to where they stand. */
  const replayCurrent = (order: number) => {
    const work = DEMO_PLANS[order];
    const sprint = sprints.at(-1);
    if (!work || !sprint) return;
    const { title, description, estimate } = work;
    const assignee: Scope = work.isMine ? owner : member;
    const isInSprint = work.status !== "draft" && work.status !== "cancelled";
    let id = "";
    acts.push({
      at: startOfDay(sprint.startsOn, ZONE).getTime() + 13 * HOUR_MS + order * 60_000,
      run: async () => {
        const created = await plans.create(owner, {
          title,
          description,
          estimate,
          assigneeId: assignee.personId,
          sprintId: isInSprint ? sprint.id : null,
          initiativeId: initiatives[0] ?? null,
        });
        id = created.id;
      },
    });
    WAY_TO[work.status].forEach((status, step) =>
      acts.push({
        at: noon(sprint.startsOn) + (step + 0.5) * DAY_MS + order * HOUR_MS,
        run: () => plans.move(assignee, { id, status }),
      }),
    );
  };

  for (let index = 0; index < EARLIER_SPRINTS; index += 1) {
    for (let order = 0; order < WORK_PER_SPRINT; order += 1) replayEarlier(index, order);
  }
  DEMO_PLANS.forEach((_, order) => replayCurrent(order));
  for (let day = first; day < today; day = addDays(day, 1)) {
    const midnight = startOfDay(addDays(day, 1), ZONE);
    acts.push({
      at: midnight.getTime(),
      run: () => captureDay(store, { workspaceId: team.workspaceId, day, now: midnight }),
    });
  }
  for (const act of acts.toSorted((a, b) => a.at - b.at)) {
    clock = act.at;
    await act.run();
  }
}

const WORK_PER_SPRINT = Math.floor(EARLIER_WORK.length / EARLIER_SPRINTS);

/** The moves that bring a new plan to a status. */
const WAY_TO: Record<PlanStatus, readonly PlanStatus[]> = {
  draft: [],
  cancelled: ["cancelled"],
  "in-progress": ["in-progress"],
  blocked: ["in-progress", "blocked"],
  "in-review": ["in-progress", "in-review"],
  complete: ["in-progress", "in-review", "complete"],
};
