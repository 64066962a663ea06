import { getTableName, isTable, sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { createCaller } from "../api/root.ts";
import * as schema from "../store/schema.ts";
import { createPlans } from "../work/plans.ts";
import { captureDay } from "./capture.ts";
import { createReports } from "./reports.ts";

const NOON = "T12:00:00Z";

describeHosts("reports", (bed) => {
  /** A workspace with a sprint from 2 to 5 March and a clock of its own. */
  async function sprinting() {
    const made = await bed.test.workspace();
    let clock = new Date(`2026-03-02${NOON}`);
    const now = () => clock;
    const sprint = await bed.test.host.sprints.create(made.scope, {
      name: "March",
      startsOn: "2026-03-02",
      endsOn: "2026-03-05",
    });
    return {
      ...made,
      sprint,
      at: (day: string, time = NOON) => void (clock = new Date(day + time)),
      plans: createPlans(bed.opened.store, { now }),
      reports: createReports(bed.opened.store, { now }),
      capture: (day: string) => captureDay(bed.opened.store, { workspaceId: made.id, day, now: now() }),
    };
  }

  it("sprint health counts the plans of the sprint under way, as they stand now", async () => {
    const { scope, sprint, plans, reports, at } = await sprinting();
    const plan = await plans.create(scope, { title: "A", estimate: 3, sprintId: sprint.id });
    await plans.create(scope, { title: "B", sprintId: sprint.id });
    await plans.create(scope, { title: "Elsewhere", estimate: 8 });
    const before = await reports.read(scope, { panelId: "sprint-health" });
    expect(before).toMatchObject({
      asOf: new Date(`2026-03-02${NOON}`),
      data: { sprint: { id: sprint.id }, total: { count: 2, points: 3 }, unestimated: 1, doneShare: 0, daysBegun: 1 },
    });
    for (const status of ["in-progress", "in-review", "complete"] as const)
      await plans.move(scope, { id: plan.id, status });
    at("2026-03-03");
    const after = await reports.read(scope, { panelId: "sprint-health", params: { sprintId: sprint.id } });
    expect(after.data).toMatchObject({ done: { count: 1, points: 3 }, doneShare: 1, verdict: "done" });
  });

  it("times come from the recorded moves: the first start to the last completion", async () => {
    const { scope, owner, plans, reports, at } = await sprinting();
    const plan = await plans.create(scope, { title: "A", estimate: 2, assigneeId: owner.id });
    const move = (status: "in-progress" | "in-review" | "complete") => plans.move(scope, { id: plan.id, status });
    await move("in-progress");
    at("2026-03-03");
    await move("in-review");
    await move("complete");
    // Taken up again: only the last completion counts.
    await move("in-progress");
    at("2026-03-06");
    await move("in-review");
    await move("complete");
    const accuracy = await reports.read(scope, { panelId: "estimate-accuracy", params: { period: "7d" } });
    expect(accuracy.data).toMatchObject({ measured: 1, daysPerPoint: 2, accuracy: 1 });
    const card = await reports.read(scope, { panelId: "scorecard", params: { period: "7d" } });
    expect(card.data).toMatchObject({
      rows: [{ personId: owner.id, completed: { count: 1, points: 2 }, medianDays: 4 }],
    });
    at("2026-03-20");
    const later = await reports.read(scope, { panelId: "scorecard", params: { period: "7d" } });
    expect(later.data).toMatchObject({ total: { completed: { count: 0, points: 0 } } });
  });

  it("explore filters, groups and measures", async () => {
    const { scope, owner, sprint, plans, reports } = await sprinting();
    await plans.create(scope, { title: "A", estimate: 3, sprintId: sprint.id, assigneeId: owner.id });
    await plans.create(scope, { title: "B", estimate: 5, sprintId: sprint.id });
    await plans.create(scope, { title: "C", estimate: 1, status: "blocked" });
    const groups = async (params: object) => {
      const { data } = await reports.read(scope, { panelId: "explore", params });
      return "groups" in data ? data.groups.map(({ label, count, points }) => [label, count, points]) : null;
    };
    expect(await groups({})).toEqual([
      ["Draft", 2, 8],
      ["Blocked", 1, 1],
    ]);
    expect(await groups({ groupBy: "sprint" })).toEqual([
      ["March", 2, 8],
      ["None", 1, 1],
    ]);
    expect(await groups({ groupBy: "assignee", sprintId: sprint.id })).toEqual([
      ["owner", 1, 3],
      ["None", 1, 5],
    ]);
    expect(await groups({ sprintId: "none" })).toEqual([["Blocked", 1, 1]]);
    expect(await groups({ status: "complete" })).toEqual([]);
  });

  it("a question asks Explore what its entry fixes, and refuses to be asked anything else", async () => {
    const { scope, plans, reports } = await sprinting();
    const { id } = await bed.test.host.initiatives.create(scope, { title: "Night", description: "" });
    await plans.create(scope, { title: "A", estimate: 3, initiativeId: id });
    await plans.create(scope, { title: "B", estimate: 5, status: "blocked" });
    const { data } = await reports.read(scope, { panelId: "initiatives" });
    expect(data).toEqual((await reports.read(scope, { panelId: "explore", params: { groupBy: "initiative" } })).data);
    expect(data).toMatchObject({
      groups: [
        { label: "Night", points: 3 },
        { label: "None", points: 5 },
      ],
    });
    const more = { panelId: "initiatives", params: { status: "blocked" } } as const;
    // @ts-expect-error a question has no filters
    await expect(reports.read(scope, more)).rejects.toThrow("status");
  });

  it("a captured day stays as it is, whatever moves afterwards, and a day that was not captured is a gap", async () => {
    const { scope, sprint, plans, reports, capture, at } = await sprinting();
    const plan = await plans.create(scope, { title: "A", estimate: 3, sprintId: sprint.id });
    await plans.create(scope, { title: "B", estimate: 5, sprintId: sprint.id });
    at("2026-03-03", "T00:00:30Z");
    expect(await capture("2026-03-02")).toMatchObject({ isNew: true });
    at("2026-03-04");
    for (const status of ["in-progress", "in-review", "complete"] as const)
      await plans.move(scope, { id: plan.id, status });
    at("2026-03-05", "T00:00:30Z");
    await capture("2026-03-04");
    // Once more, and after yet another change: neither day moves.
    await plans.create(scope, { title: "Late", estimate: 8, sprintId: sprint.id });
    expect(await capture("2026-03-02")).toMatchObject({ isNew: false });
    expect(await capture("2026-03-04")).toMatchObject({ isNew: false });
    const { data, asOf } = await reports.read(scope, { panelId: "burndown" });
    expect(asOf).toEqual(new Date("2026-03-05T00:00:30Z"));
    expect("days" in data && data.sprint && data.days).toEqual([
      { day: "2026-03-02", remaining: 8, scope: 8, ideal: 6, isMissing: false },
      { day: "2026-03-03", remaining: null, scope: null, ideal: 4, isMissing: true },
      { day: "2026-03-04", remaining: 5, scope: 8, ideal: 2, isMissing: false },
      { day: "2026-03-05", remaining: null, scope: null, ideal: 0, isMissing: false },
    ]);
  });

  it("a day that has passed is captured as it ended, with what was removed or moved elsewhere since", async () => {
    const { scope, sprint, plans, reports, capture, at } = await sprinting();
    const removed = await plans.create(scope, { title: "Removed later", estimate: 2, sprintId: sprint.id });
    const moved = await plans.create(scope, { title: "Leaves the sprint", estimate: 3, sprintId: sprint.id });
    at("2026-03-04");
    await plans.remove(scope, removed.id);
    await plans.update(scope, { id: moved.id, sprintId: null });
    await capture("2026-03-03");
    await capture("2026-03-04");
    const { data } = await reports.read(scope, { panelId: "burndown", params: { measure: "count" } });
    expect(data).toMatchObject({ days: [null, 2, 0, null].map((held) => ({ scope: held })) });
  });

  it("daily panels answer where every table but the captured one is closed to them, and live ones do not", async () => {
    const { scope, sprint, plans, capture, at } = await sprinting();
    await plans.create(scope, { title: "A", estimate: 3, sprintId: sprint.id });
    at("2026-03-03");
    await capture("2026-03-02");
    const { store } = bed.opened;
    const open = Object.values(schema)
      .filter((value) => isTable(value))
      .map(getTableName);
    const closed = sql.raw(
      open
        .filter((name) => name !== "daily_snapshot")
        .map((name) => `"${name}"`)
        .join(", "),
    );
    // Taken back with the transaction: the reads run inside it, in the role of a request.
    const undo = new Error("undo");
    const reading = store.system(async (tx) => {
      await tx.execute(sql`revoke all on ${closed} from signalbox_app`);
      const reports = createReports({
        ...store,
        read: async (_, run) => {
          await tx.execute(
            sql`select set_config('role', 'signalbox_app', true), set_config('signalbox.workspace_id', ${scope.workspaceId}, true)`,
          );
          return run(tx);
        },
      });
      expect(await reports.read(scope, { panelId: "burndown" })).toMatchObject({ data: { sprint: { id: sprint.id } } });
      expect(await reports.read(scope, { panelId: "velocity" })).toMatchObject({
        data: { sprints: [{ committed: 3 }] },
      });
      await expect(reports.read(scope, { panelId: "sprint-health" })).rejects.toMatchObject({
        cause: { message: expect.stringMatching(/permission denied/) },
      });
      throw undo;
    });
    await expect(reading).rejects.toBe(undo);
  });

  it("a wrong period, filter or panel is refused by its name", async () => {
    const { id: workspaceId, owner } = await sprinting();
    const other = await sprinting();
    const caller = createCaller({ host: bed.test.host, principal: owner.principal });
    const read = (request: object) => caller.report.read({ workspaceId, ...request } as never);
    const refusal = (name: string) => ({ cause: { code: "bad-request" }, message: expect.stringContaining(name) });
    await expect(read({ panelId: "scorecard", params: { period: "2y" } })).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
    await expect(read({ panelId: "explore", params: { colour: "red" } })).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
    for (const field of ["sprintId", "assigneeId", "initiativeId"]) {
      // Of another workspace, and of none: alike.
      for (const id of [other.sprint.id, "unknown"]) {
        await expect(read({ panelId: "explore", params: { [field]: id } })).rejects.toMatchObject(refusal(field));
      }
    }
    await expect(read({ panelId: "burndown", params: { sprintId: other.sprint.id } })).rejects.toMatchObject(
      refusal("sprintId"),
    );
    await expect(read({ panelId: "sprint-health", params: { sprintId: "x" } })).rejects.toMatchObject(
      refusal("sprintId"),
    );
    await expect(read({ panelId: "weather" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await expect(caller.report.read({ workspaceId: other.id, panelId: "explore" })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });
});
