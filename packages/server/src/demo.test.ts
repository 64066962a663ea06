import { eq, isNull } from "drizzle-orm";
import { expect, it } from "vitest";
import { describeHosts } from "../test/describe-hosts.ts";
import { given } from "../test/eventually.ts";
import { seedDemo } from "./demo.ts";
import { addDays, localDay } from "./reports/calendar.ts";
import { dailySnapshot, notification, plan, planChange } from "./store/schema.ts";

describeHosts("the demo", (bed) => {
  it("stands on two months of captured work, with today's board and nobody notified of the past", async () => {
    const { host } = bed.test;
    const ownerId = given(await seedDemo(host));
    expect(await seedDemo(host)).toBe(ownerId);
    const [workspaceId] = await host.workspaces.ids();
    const principal = { kind: "person" as const, personId: ownerId, name: "", email: "", sessionId: "" };
    const scope = await host.access.forWorkspace(principal, given(workspaceId));

    const today = localDay(new Date(), "UTC");
    const days = (
      await bed.opened.store.system((tx) => tx.select().from(dailySnapshot).orderBy(dailySnapshot.day))
    ).map(({ day }) => day);
    expect(days).toEqual(Array.from({ length: 60 }, (_, index) => addDays(today, index - 60)));

    const plans = await host.plans.list(scope);
    const open = plans.filter(({ status }) => status !== "complete" && status !== "cancelled");
    expect(open.map(({ title }) => title)).toEqual([
      "Upgrade the payment library",
      "Search across plans and chats",
      "Keyboard shortcuts on the board",
      "Import from the old tracker",
      "Export the monthly report as CSV",
      "Rotate the signing keys without signing anybody out",
      "Show who is looking at the same plan",
      "Write the runbook for a full disk",
    ]);
    const told = await bed.opened.store.system((tx) =>
      tx.select().from(notification).where(isNull(notification.seenAt)),
    );
    expect(told.every(({ userId, signal }) => userId !== ownerId && signal === "plan.assigned")).toBe(true);

    // The history is that of the plans: it ends with what they are.
    for (const one of plans) {
      const changes = await bed.opened.store.system((tx) =>
        tx.select().from(planChange).where(eq(planChange.planId, one.id)).orderBy(planChange.version),
      );
      expect(changes.at(-1)).toMatchObject({ status: one.status, estimate: one.estimate, sprintId: one.sprintId });
      expect(changes.every(({ at }, index) => index === 0 || at >= given(changes[index - 1]).at)).toBe(true);
    }
    const future = await bed.opened.store.system((tx) => tx.select({ at: plan.updatedAt }).from(plan));
    expect(future.every(({ at }) => at <= new Date())).toBe(true);

    const velocity = await host.reports.read(scope, { panelId: "velocity" });
    expect(velocity.data).toMatchObject({ sprints: { length: 5 } });
    expect((await host.dashboards.get(scope)).tiles.length).toBeGreaterThanOrEqual(5);
  });
});
