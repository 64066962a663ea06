import { PLAN_STATUSES, canTransition } from "@signalbox/catalog/plan-workflow";
import type { Signal } from "@signalbox/catalog/signals";
import { asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeStores, type OpenedStore } from "../../test/stores.ts";
import { createTestHost, type TestHost } from "../../test/test-host.ts";
import type { Scope } from "../access/scope.ts";
import { outbox } from "../store/schema.ts";

describeStores("plans", (open) => {
  let opened: OpenedStore;
  let test: TestHost;
  beforeAll(async () => {
    opened = await open();
    test = await createTestHost(opened.store);
  });
  afterAll(async () => {
    await test.close();
    await opened.close();
  });

  const signalsOf = (scope: Scope): Promise<Pick<Signal, "name" | "ids">[]> =>
    opened.store.system((tx) =>
      tx
        .select({ name: outbox.name, ids: outbox.ids })
        .from(outbox)
        .where(eq(outbox.workspaceId, scope.workspaceId))
        .orderBy(asc(outbox.seq)),
    );
  const column = async (scope: Scope, status: string) =>
    (await test.host.plans.list(scope)).filter((plan) => plan.status === status).map((plan) => plan.title);

  it("puts a new plan at the end of its column, with its signal", async () => {
    const { scope } = await test.workspace();
    await test.host.plans.create(scope, { title: "First" });
    const second = await test.host.plans.create(scope, { title: "Second" });
    expect(await column(scope, "draft")).toEqual(["First", "Second"]);
    expect((await signalsOf(scope)).at(-1)).toEqual({
      name: "plan.created",
      ids: { plan: second.id, board: second.boardId },
    });
  });

  it("moves a plan above the one that it is dropped on, and to the end without one", async () => {
    const { scope } = await test.workspace();
    const [a, b, c] = await Promise.all(["A", "B", "C"].map((title) => test.host.plans.create(scope, { title })));
    if (!a || !b || !c) throw new Error("three were made");
    const order = await test.host.plans.list(scope);
    const [first, , last] = order;
    if (!first || !last) throw new Error("three were listed");
    const moved = await test.host.plans.move(scope, { id: last.id, status: "draft", before: first.id });
    expect((await column(scope, "draft"))[0]).toBe(last.title);
    expect(moved.version).toBe(2);
    await test.host.plans.move(scope, { id: last.id, status: "draft" });
    expect((await column(scope, "draft")).at(-1)).toBe(last.title);
    await test.host.plans.move(scope, { id: first.id, status: "in-progress" });
    expect(await column(scope, "in-progress")).toEqual([first.title]);
  });

  it("keeps one order when many move at the same instant", async () => {
    const { scope } = await test.workspace();
    const plans = [];
    for (const title of ["1", "2", "3", "4", "5", "6"]) plans.push(await test.host.plans.create(scope, { title }));
    const target = plans[0];
    if (!target) throw new Error("six were made");
    await Promise.all(
      plans.slice(1).map((plan) => test.host.plans.move(scope, { id: plan.id, status: "draft", before: target.id })),
    );
    const positions = (await test.host.plans.list(scope)).map((plan) => plan.position);
    expect(new Set(positions).size).toBe(plans.length);
    expect((await column(scope, "draft")).at(-1)).toBe("1");
  });

  it("allows exactly the transitions of the workflow, and says which when it refuses", async () => {
    const { scope } = await test.workspace();
    for (const from of PLAN_STATUSES) {
      for (const to of PLAN_STATUSES) {
        const plan = await test.host.plans.create(scope, { title: `${from} to ${to}`, status: from });
        const moving = test.host.plans.move(scope, { id: plan.id, status: to });
        if (canTransition(from, to)) expect((await moving).status).toBe(to);
        else {
          await expect(moving).rejects.toMatchObject({ code: "illegal-transition", details: { from, to } });
          expect((await test.host.plans.get(scope, plan.id)).version).toBe(1);
        }
      }
    }
  });

  it("emits nothing and changes nothing when every field already has its value", async () => {
    const { scope } = await test.workspace();
    const plan = await test.host.plans.create(scope, { title: "Same" });
    const before = await signalsOf(scope);
    expect(await test.host.plans.update(scope, { id: plan.id, title: "Same" })).toEqual(plan);
    expect(await test.host.plans.move(scope, { id: plan.id, status: "draft" })).toEqual(plan);
    expect(await signalsOf(scope)).toEqual(before);
  });

  it("refuses an assignee, a sprint or an initiative of another workspace", async () => {
    const { scope } = await test.workspace();
    const other = await test.workspace();
    const sprint = await test.host.sprints.create(other.scope, {
      name: "S",
      startsOn: "2026-01-01",
      endsOn: "2026-01-02",
    });
    const initiative = await test.host.initiatives.create(other.scope, { title: "I", description: "" });
    for (const foreign of [{ assigneeId: other.owner.id }, { sprintId: sprint.id }, { initiativeId: initiative.id }]) {
      await expect(test.host.plans.create(scope, { title: "P", ...foreign })).rejects.toMatchObject({
        code: "bad-request",
        details: { field: Object.keys(foreign)[0] },
      });
    }
    expect(await test.host.plans.list(scope)).toEqual([]);
  });

  it("tells the assignee that a plan was assigned and moved, and nobody of their own acts", async () => {
    const { id, scope, owner } = await test.workspace();
    const member = await test.person(id, "member");
    const memberScope = await test.scope(member, id);
    const plan = await test.host.plans.create(scope, { title: "Yours", assigneeId: member.id });
    await test.host.plans.move(scope, { id: plan.id, status: "in-progress" });
    await test.host.plans.move(memberScope, { id: plan.id, status: "in-review" });
    const list = await test.host.notifications.list(memberScope);
    expect(list.items.map(({ title, says }) => [title, says])).toEqual([
      ["Yours", "Moved to in progress"],
      ["Yours", "Assigned to you"],
    ]);
    expect(list.unseen).toBe(2);
    expect((await test.host.notifications.list(scope)).items).toEqual([]);

    expect((await test.host.notifications.seen(memberScope)).unseen).toBe(0);
    expect((await signalsOf(scope)).at(-1)?.name).toBe("notification.seen");
    await test.host.plans.update(memberScope, { id: plan.id, assigneeId: owner.id });
    expect((await test.host.notifications.list(scope)).unseen).toBe(1);
  });

  it("removes a plan", async () => {
    const { scope } = await test.workspace();
    const plan = await test.host.plans.create(scope, { title: "Gone" });
    await test.host.plans.remove(scope, plan.id);
    await expect(test.host.plans.get(scope, plan.id)).rejects.toMatchObject({ code: "not-found" });
    expect((await signalsOf(scope)).at(-1)).toEqual({
      name: "plan.deleted",
      ids: { plan: plan.id, board: plan.boardId },
    });
  });
});
