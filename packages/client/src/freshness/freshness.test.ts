import { PANEL_MAX_WAIT_MS, READ_TIMEOUT_MS, READ_TRIES, REFRESH_WINDOW_MS } from "@signalbox/catalog/timing";
import { QueryClient } from "@tanstack/react-query";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createVirtualClock, flush } from "../../test/virtual-clock.ts";
import { createFreshness } from "./freshness.ts";

/** A store of counters, a cache of them, and reads that take the value at the moment they reach the store. */
function setUp({
  mode = "list",
  latency = () => 80,
  fails = () => false,
}: { mode?: "list" | "panel"; latency?: () => number; fails?: () => boolean } = {}) {
  const clock = createVirtualClock();
  const store = new Map<string, number>();
  const cache = new Map<string, number>();
  const reads: { key: string; at: number }[] = [];
  const freshness = createFreshness({
    clock,
    random: () => 0.5,
    modeOf: () => mode,
    async read(key) {
      reads.push({ key, at: clock.now() });
      const value = store.get(key) ?? 0;
      const isFailure = fails();
      await new Promise<void>((resolve) => clock.after(latency(), resolve));
      if (isFailure) throw new Error("503");
      cache.set(key, value);
    },
  });
  const write = (key: string) => {
    store.set(key, (store.get(key) ?? 0) + 1);
    freshness.touch(key);
  };
  return { clock, store, cache, reads, freshness, write };
}

describe("a list or detail", () => {
  it("is read at once when a signal comes", async () => {
    const { clock, cache, write } = setUp();
    write("a");
    await clock.advance(80);
    expect(cache.get("a")).toBe(1);
  });

  it("is read once at the start of a burst and once after it", async () => {
    const { clock, cache, reads, write } = setUp();
    for (let index = 0; index < 12; index += 1) {
      write("a");
      await clock.advance(40);
    }
    await clock.settle(60_000);
    expect(reads).toHaveLength(2);
    expect(cache.get("a")).toBe(12);
  });

  it("is read at most once per window and never starves under endless signals", async () => {
    const { clock, cache, store, reads, write } = setUp();
    const start = clock.now();
    for (let at = 0; at < 20_000; at += 100) {
      write("a");
      await clock.advance(100);
      if (at > 1_000) expect((store.get("a") ?? 0) - (cache.get("a") ?? 0)).toBeLessThanOrEqual(8);
    }
    expect(reads.length).toBeLessThanOrEqual((clock.now() - start) / REFRESH_WINDOW_MS + 1);
  });

  it("stays dirty when a signal came during a read, whoever began that read", async () => {
    const { clock, cache, freshness, write } = setUp();
    const token = freshness.began("a");
    await clock.advance(10);
    write("a");
    freshness.ended(token, "ok");
    expect(freshness.isDirty("a")).toBe(true);
    await clock.settle(60_000);
    expect(cache.get("a")).toBe(1);
    expect(freshness.isDirty("a")).toBe(false);
  });

  it("is cleaned by a read elsewhere that began after the signal", async () => {
    const { clock, reads, freshness, write } = setUp({ latency: () => 1_000 });
    freshness.ended(freshness.began("a"), "ok");
    write("a");
    const token = freshness.began("a");
    freshness.ended(token, "ok");
    await clock.settle(60_000);
    expect(reads).toHaveLength(0);
  });

  it("is never read twice at the same time", async () => {
    const { clock, reads, write } = setUp({ latency: () => 3_000 });
    write("a");
    await clock.advance(1_000);
    write("a");
    await clock.advance(1_500);
    expect(reads).toHaveLength(1);
    await clock.settle(60_000);
    expect(reads).toHaveLength(2);
  });
});

describe("a panel", () => {
  it("is read once for a burst, after its pause", async () => {
    const { clock, cache, reads, write } = setUp({ mode: "panel" });
    for (let index = 0; index < 12; index += 1) {
      write("a");
      await clock.advance(40);
    }
    await clock.settle(60_000);
    expect(reads).toHaveLength(1);
    expect(cache.get("a")).toBe(12);
  });

  it("is read after the maximum wait under a trickle that never pauses", async () => {
    const { clock, reads, write } = setUp({ mode: "panel" });
    const start = clock.now();
    for (let index = 0; index < 10; index += 1) {
      write("a");
      await clock.advance(200);
    }
    expect(reads[0]?.at).toBe(start + PANEL_MAX_WAIT_MS);
  });
});

describe("failed and hanging reads", () => {
  it("are made again until one succeeds", async () => {
    let failures = 3;
    const { clock, cache, write } = setUp({ fails: () => (failures -= 1) >= 0 });
    write("a");
    await clock.settle(120_000);
    expect(cache.get("a")).toBe(1);
  });

  it("are given up after the bounded tries, stay dirty, and are made again at the next signal", async () => {
    let isDown = true;
    const { clock, cache, reads, freshness, write } = setUp({ fails: () => isDown });
    write("a");
    await clock.settle(600_000);
    expect(reads).toHaveLength(READ_TRIES + 1);
    expect(freshness.isDirty("a")).toBe(true);
    isDown = false;
    write("a");
    await clock.settle(60_000);
    expect(cache.get("a")).toBe(2);
  });

  it("hold a key no longer than the timeout", async () => {
    let calls = 0;
    const { clock, cache, write } = setUp({ latency: () => ((calls += 1) === 1 ? 10 * READ_TIMEOUT_MS : 80) });
    write("a");
    await clock.advance(READ_TIMEOUT_MS + 2_000);
    expect(cache.get("a")).toBe(1);
  });
});

it("reads nothing after forget or stop", async () => {
  const { clock, reads, freshness, write } = setUp();
  write("a");
  write("b");
  await clock.advance(10);
  write("a");
  write("b");
  freshness.forget("a");
  freshness.stop();
  write("b");
  await clock.settle(60_000);
  expect(reads.map((read) => read.key)).toEqual(["a", "b"]);
});

describe("while nobody looks", () => {
  it.each(["list", "panel"] as const)("signals are collected, and read once on return (%s)", async (mode) => {
    const { clock, cache, reads, freshness, write } = setUp({ mode });
    freshness.pause();
    for (let index = 0; index < 30; index += 1) {
      write(index % 2 ? "a" : "b");
      await clock.advance(1_000);
    }
    expect(reads).toEqual([]);
    freshness.resume();
    await clock.advance(200);
    expect(reads.map(({ key }) => key).toSorted()).toEqual(["a", "b"]);
    await clock.settle(60_000);
    expect(reads).toHaveLength(2);
    expect([cache.get("a"), cache.get("b")]).toEqual([15, 15]);
  });

  it("a read that was planned or failed before waits for the return too", async () => {
    let isDown = true;
    const { clock, cache, reads, freshness, write } = setUp({ fails: () => isDown });
    write("a");
    await clock.advance(100);
    freshness.pause();
    await clock.settle(120_000);
    expect(reads).toHaveLength(1);
    isDown = false;
    freshness.resume();
    await clock.settle(60_000);
    expect(cache.get("a")).toBe(1);
  });
});

describe("any schedule of writes, signals and reads", () => {
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 700 }),
    key: fc.constantFrom("a", "b"),
    act: fc.constantFrom("write", "read", "cancelled-read"),
    latency: fc.integer({ min: 0, max: 1_500 }),
  });

  it.each(["list", "panel"] as const)("ends with the cache equal to the store (%s)", async (mode) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 1 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: READ_TRIES }),
        async (steps, latencies, failures) => {
          let drawn = 0;
          const left = [...failures];
          const { clock, store, cache, reads, freshness, write } = setUp({
            mode,
            latency: () => latencies[(drawn += 1) % latencies.length] ?? 0,
            // Failures come to an end; an endless outage is bounded by the tries.
            fails: () => left.pop() ?? false,
          });
          for (const { wait, key, act, latency } of steps) {
            await clock.advance(wait);
            if (act === "write") write(key);
            else {
              // A read that the freshness did not start, as a mount or an app's own refetch.
              const token = freshness.began(key);
              const value = store.get(key) ?? 0;
              clock.after(latency, () => {
                if (act === "read") cache.set(key, value);
                freshness.ended(token, act === "read" ? "ok" : "cancelled");
              });
            }
          }
          await clock.settle(300_000);
          for (const [key, value] of store) {
            expect(cache.get(key)).toBe(value);
            expect(freshness.isDirty(key)).toBe(false);
          }
          for (const key of ["a", "b"]) {
            const starts = reads.filter((read) => read.key === key).map((read) => read.at);
            for (const [index, at] of starts.entries()) {
              const before = starts[index - 1];
              if (before !== undefined) expect(at - before).toBeGreaterThanOrEqual(REFRESH_WINDOW_MS);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("keeps the staleness within a window and two reads", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 40 }), async (gaps) => {
        const latency = 200;
        const { clock, store, cache, write } = setUp({ latency: () => latency });
        for (const gap of gaps) {
          write("a");
          const value = store.get("a") ?? 0;
          clock.after(REFRESH_WINDOW_MS + 2 * latency, () => expect(cache.get("a")).toBeGreaterThanOrEqual(value));
          await clock.advance(gap);
        }
        await clock.settle(60_000);
      }),
      { numRuns: 40 },
    );
  });
});

// Why this exists: the same schedule with nothing but the cache library's own means.
it("[SG11] plain invalidateQueries loses a signal that arrives during the first read; freshness does not", async () => {
  const queryClient = new QueryClient();
  let store = 1;
  let answer: (() => void) | null = null;
  const read = () =>
    new Promise<number>((resolve) => {
      const value = store;
      answer = () => resolve(value);
    });
  const first = queryClient.fetchQuery({ queryKey: ["plan"], queryFn: read });
  await flush();
  store = 2;
  const invalidated = queryClient.invalidateQueries({ queryKey: ["plan"], refetchType: "all" });
  (answer as (() => void) | null)?.();
  await first;
  await invalidated;
  expect(queryClient.getQueryData(["plan"])).toBe(1);
  expect(queryClient.getQueryState(["plan"])?.isInvalidated).toBe(false);
  queryClient.clear();

  const { clock, cache, freshness, write, store: ours } = setUp();
  const token = freshness.began("plan");
  cache.set("plan", ours.get("plan") ?? 0);
  write("plan");
  freshness.ended(token, "ok");
  await clock.settle(10_000);
  expect(cache.get("plan")).toBe(ours.get("plan"));
});
