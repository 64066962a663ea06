import { RESYNC_SPREAD_MS } from "@signalbox/catalog/timing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPlanStore, LIST_KEY, planKey, planSignal, type PlanStore } from "../../test/plan-store.ts";
import { liveness } from "./liveness.tsx";

async function shown(ids: readonly string[] = ["a", "b", "c"]): Promise<PlanStore> {
  const store = createPlanStore(ids);
  store.showList();
  await store.clock.advance(1_000);
  store.reads.length = 0;
  return store;
}
const versions = (store: PlanStore) => Object.fromEntries(store.list().map(({ id, version }) => [id, version]));
const truth = (store: PlanStore) =>
  Object.fromEntries([...store.plans.values()].map(({ id, version }) => [id, version]));

describe("a signal about one plan", () => {
  it("reads that one plan, and its answer takes its place in the list", async () => {
    const store = await shown();
    store.change("a", { position: "z" });
    store.signal("a");
    await store.clock.advance(1_000);
    expect(store.reads).toEqual(["get a"]);
    expect(store.list()).toEqual([
      { id: "b", version: 1 },
      { id: "c", version: 1 },
      { id: "a", version: 2 },
    ]);
  });

  it("adds a plan that is new, and takes one out that is gone", async () => {
    const store = await shown();
    store.change("d");
    store.change("b", null);
    store.signal("d", "b");
    await store.clock.advance(1_000);
    expect(store.reads.toSorted()).toEqual(["get b", "get d"]);
    expect(store.list().map(({ id }) => id)).toEqual(["a", "c", "d"]);
  });

  it("is read once for the list and the plan's own page", async () => {
    const store = await shown();
    store.showPlan("a");
    await store.clock.advance(1_000);
    store.reads.length = 0;
    store.change("a");
    store.signal("a");
    await store.clock.advance(1_000);
    expect(store.reads).toEqual(["get a"]);
    expect([versions(store)["a"], store.detail("a")]).toEqual([2, 2]);
  });

  it("is not lost when it comes while the list is read for the first time", async () => {
    const store = createPlanStore(["a"]);
    store.showList();
    await store.clock.advance(10);
    store.change("a");
    store.signal("a");
    await store.clock.advance(2_000);
    expect(versions(store)).toEqual({ a: 2 });
    expect(store.reads).toEqual(["list", "list"]);
  });

  it("reads the list when more than five plans changed within a window", async () => {
    const ids = ["a", "b", "c", "d", "e", "f", "g"];
    const store = await shown(ids);
    for (const id of ids) store.change(id);
    store.signal(...ids);
    await store.clock.advance(2_000);
    expect(store.reads).toEqual(["list"]);
    expect(versions(store)).toEqual(truth(store));
  });

  it("reads the list when the plan can't be read, and that again until it can", async () => {
    const store = await shown();
    let failures = 3;
    store.fails = () => (failures -= 1) >= 0;
    store.change("a");
    store.signal("a");
    await store.clock.advance(60_000);
    expect(versions(store)).toEqual({ a: 2, b: 1, c: 1 });
  });

  it("of another workspace reads nothing", async () => {
    const store = await shown();
    store.live.hear({ signals: [{ ...planSignal("a"), workspaceId: "other" }], cursor: "1.9" });
    await store.clock.advance(2_000);
    expect(store.reads).toEqual([]);
  });

  it("makes a list that nobody shows be read when it is shown next", async () => {
    const store = createPlanStore(["a"]);
    const hide = store.showList();
    await store.clock.advance(1_000);
    hide();
    store.change("a");
    store.signal("a");
    await store.clock.advance(2_000);
    expect(store.reads).toEqual(["list"]);
    store.showList();
    await store.clock.advance(1_000);
    expect(versions(store)).toEqual({ a: 2 });
  });
});

describe("an older answer", () => {
  it("never takes the place of a newer version", async () => {
    const store = await shown();
    store.live.wrote({ path: "plan.update", input: { id: "a" }, answer: { ...store.plans.get("a"), version: 7 } });
    expect(versions(store)["a"]).toBe(7);
    store.live.wrote({ path: "plan.update", input: { id: "a" }, answer: { ...store.plans.get("a"), version: 6 } });
    expect(versions(store)["a"]).toBe(7);
  });

  it("of a list on its way does not undo the page's own write for good", async () => {
    const store = createPlanStore(["a"]);
    store.showList();
    await store.clock.advance(500);
    void store.queryClient.refetchQueries({ queryKey: LIST_KEY });
    await store.clock.advance(10);
    store.change("a");
    store.live.wrote({ path: "plan.update", input: { id: "a" }, answer: store.plans.get("a") });
    await store.clock.advance(2_000);
    expect(versions(store)).toEqual({ a: 2 });
  });
});

describe("the echo of the page's own mutation", () => {
  const write = (store: PlanStore, id: string, position: string | null) => {
    store.live.wrote({ path: "plan.update", input: { id }, answer: store.plans.get(id) });
    store.ownWrites.ended(id, position);
  };

  it("is not read again", async () => {
    const store = await shown();
    store.ownWrites.began("a");
    store.change("a");
    write(store, "a", "1.1");
    store.signal("a");
    await store.clock.advance(2_000);
    expect(store.reads).toEqual([]);
    expect(versions(store)["a"]).toBe(2);
  });

  it("is waited for when it is faster than the answer", async () => {
    const store = await shown();
    store.ownWrites.began("a");
    store.change("a");
    store.signal("a");
    await store.clock.advance(200);
    write(store, "a", "1.1");
    await store.clock.advance(2_000);
    expect(store.reads).toEqual([]);
  });

  it("[RQ6] is told from somebody else's change right after it", async () => {
    const store = await shown();
    store.ownWrites.began("a");
    store.change("a");
    write(store, "a", "1.1");
    store.change("a");
    store.signal("a", "a");
    await store.clock.advance(2_000);
    expect(store.reads).toEqual(["get a"]);
    expect(versions(store)["a"]).toBe(3);
  });

  it.each([
    ["its host does not tell the position", "wrote"],
    ["the write fails", "failed"],
    ["the answer never comes", "hangs"],
  ])("is read when %s", async (_, how) => {
    const store = await shown();
    store.ownWrites.began("a");
    store.change("a");
    store.signal("a");
    if (how === "wrote") write(store, "a", null);
    if (how === "failed") store.ownWrites.ended("a", null);
    await store.clock.advance(3_000);
    expect(store.reads).toEqual(["get a"]);
    expect(versions(store)["a"]).toBe(2);
  });
});

describe("a resync", () => {
  it("reads everything mounted again, within its spread, and nothing that is captured once a day", async () => {
    const store = createPlanStore(["a", "b"]);
    store.showList();
    store.showPlan("a");
    const daily = createPlanStore(["x"]);
    daily.showList(liveness({ mode: "daily" }));
    await Promise.all([store.clock.advance(1_000), daily.clock.advance(1_000)]);
    store.change("a");
    daily.change("x");
    for (const each of [store, daily]) {
      each.reads.length = 0;
      each.live.rereadAll(RESYNC_SPREAD_MS);
      await each.clock.advance(RESYNC_SPREAD_MS + 1_000);
    }
    expect(store.reads.toSorted()).toEqual(["get a", "list"]);
    expect(versions(store)).toEqual(truth(store));
    expect(daily.reads).toEqual([]);
  });
});

describe("data that comes into the cache from an earlier moment", () => {
  it("is read again where a signal since then concerns it", async () => {
    const store = await shown();
    store.showPlan("b");
    await store.clock.advance(1_000);
    store.reads.length = 0;
    const hashes = store.queryClient
      .getQueryCache()
      .getAll()
      .map(({ queryHash }) => queryHash);
    store.live.recheck(hashes, [planSignal("a")]);
    await store.clock.advance(1_000);
    expect(store.reads).toEqual(["list"]);
    store.live.recheck(hashes, null);
    await store.clock.advance(1_000);
    expect(store.reads.toSorted()).toEqual(["get b", "list", "list"]);
  });
});

it("leaves nothing running after stop, and what was dirty to the next", async () => {
  const store = await shown();
  store.change("a");
  store.signal("a");
  await store.clock.advance(10);
  store.live.stop();
  await store.clock.advance(60_000);
  expect(store.queryClient.getQueryState(LIST_KEY)?.isInvalidated).toBe(true);
});

it("ends with the cache equal to the store after any schedule of changes, signals, mounts and reads", async () => {
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 600 }),
    act: fc.constantFrom("change", "change", "remove", "own", "refetch", "mount", "unmount"),
    ids: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h"), { minLength: 1, maxLength: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 25 }),
      fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 10 }),
      fc.array(fc.boolean(), { maxLength: 4 }),
      async (steps, latencies, failures) => {
        const store = createPlanStore(["a", "b", "c"]);
        const left = [...failures];
        let drawn = 0;
        store.latency = () => latencies[(drawn += 1) % latencies.length] ?? 0;
        store.showList();
        const shownPlans = new Map<string, () => void>();
        for (const { wait, act, ids } of steps) {
          await store.clock.advance(wait);
          store.fails = () => left.pop() ?? false;
          const [id = "a"] = ids;
          if (act === "change" || act === "remove") {
            for (const each of ids) store.change(each, act === "remove" ? null : {});
            store.signal(...ids);
          } else if (act === "own") {
            const isNew = !store.plans.has(id);
            if (!isNew) store.ownWrites.began(id);
            store.change(id);
            const answer = store.plans.get(id);
            if (!answer) continue;
            store.signal(id);
            const { cursor } = store;
            store.clock.after(drawn % 3 === 0 ? 0 : 150, () => {
              store.live.wrote({ path: isNew ? "plan.create" : "plan.update", input: isNew ? {} : { id }, answer });
              store.ownWrites.ended(id, cursor);
            });
          } else if (act === "refetch") {
            void store.queryClient.refetchQueries({ queryKey: LIST_KEY }).catch(() => undefined);
          } else if (act === "mount") {
            // Nobody opens a plan before it is there.
            if (!shownPlans.has(id) && store.plans.has(id)) shownPlans.set(id, store.showPlan(id));
          } else {
            shownPlans.get(id)?.();
            shownPlans.delete(id);
          }
        }
        await store.clock.advance(120_000);
        expect(versions(store)).toEqual(truth(store));
        for (const id of shownPlans.keys()) {
          const plan = store.plans.get(id);
          if (plan) expect(store.detail(id)).toBe(plan.version);
          else expect(store.queryClient.getQueryState(planKey(id))?.status).toBe("error");
        }
        store.live.stop();
        store.queryClient.clear();
      },
    ),
    { numRuns: 200 },
  );
}, 60_000);
