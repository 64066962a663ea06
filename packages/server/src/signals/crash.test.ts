/** S1: whatever a crash leaves behind, each change has its signal and each signal its change. */
import { asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createCrashingStore, type CrashingStore } from "../../test/crashing-store.ts";
import { given } from "../../test/eventually.ts";
import { describeStores, type OpenedStore } from "../../test/stores.ts";
import { createTestHost, type TestHost } from "../../test/test-host.ts";
import { notification, outbox, outboxHead, plan } from "../store/schema.ts";

/** Killed backends; the embedded store has each step of each act once or twice. */
const CRASHES = { postgres: 500, embedded: 60 };
/** More than any of the acts below has. */
const STEPS = 12;

describeStores("a crash in a mutation", (open) => {
  let opened: OpenedStore;
  let crashing: CrashingStore;
  let test: TestHost;
  beforeAll(async () => {
    opened = await open();
    crashing = createCrashingStore(opened.store);
    test = await createTestHost(crashing.store);
  });
  afterAll(async () => {
    await test.close();
    await opened.close();
  });

  it("S1 [SG3]: between any two statements: no change without its signal, no signal without its change", async () => {
    const { id: workspaceId, scope } = await test.workspace();
    const other = await test.person(workspaceId, "member");
    const { plans } = test.host;
    const ids: string[] = [];
    const acts = [
      () => plans.create(scope, { title: "Made", assigneeId: other.id }),
      (id: string, index: number) => plans.update(scope, { id, title: `Title ${index}` }),
      (id: string, index: number) => plans.update(scope, { id, assigneeId: index % 2 ? other.id : null }),
      async (id: string) => {
        const { status } = await plans.get(scope, id);
        return plans.move(scope, { id, status: status === "draft" ? "in-progress" : "draft" });
      },
    ];
    const crashed = new Set<number>();
    for (let index = 0; crashing.crashes < CRASHES[opened.store.kind]; index++) {
      const at = index % STEPS;
      const act = given(acts[Math.floor(index / STEPS) % acts.length]);
      if (index % STEPS === 0) ids.push((await plans.create(scope, { title: "Whole" })).id);
      const id = given(ids[index % ids.length]);
      const before = crashing.crashes;
      await crashing
        .crashAt(at, () => act(id, index))
        .catch(() => {
          if (crashing.crashes > before) crashed.add(at);
        });
      // An act that was long enough did not live through its crash.
      if (crashing.crashes > before) expect(crashed).toContain(at);
    }
    expect(crashed.size).toBeGreaterThan(5);
    // And what did not crash between them went through.
    for (const id of ids) await plans.update(scope, { id, title: `Last ${id}` });

    const { store } = opened;
    const rows = await store.system((tx) =>
      tx.select().from(outbox).where(eq(outbox.workspaceId, workspaceId)).orderBy(asc(outbox.seq)),
    );
    const [head] = await store.system((tx) =>
      tx.select().from(outboxHead).where(eq(outboxHead.workspaceId, workspaceId)),
    );
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: head?.seq ?? 0 }, (_, index) => index + 1));
    const told = (name: string, record: string) =>
      rows.filter((row) => row.name.startsWith(name) && Object.values(row.ids)[0] === record).length;
    const made = await store.system((tx) => tx.select().from(plan).where(eq(plan.workspaceId, workspaceId)));
    expect(made.map(({ id }) => [id, told("plan.created", id)])).toEqual(made.map(({ id }) => [id, 1]));
    // A plan's version counts its changes.
    const changes = (id: string) => told("plan.updated", id) + told("plan.status-changed", id);
    expect(made.map(({ id }) => [id, changes(id) + 1])).toEqual(made.map(({ id, version }) => [id, version]));
    expect(rows.filter(({ name }) => name === "plan.created")).toHaveLength(made.length);
    const notes = await store.system((tx) =>
      tx.select().from(notification).where(eq(notification.workspaceId, workspaceId)),
    );
    expect(rows.filter(({ name }) => name === "notification.arrived")).toHaveLength(notes.length);
  }, 120_000);
});
