import fc from "fast-check";
import { expect, test } from "vitest";
import { createAppendSlots } from "./append-slots.ts";

const failure = new Error("failed");

test("never more than the limit or the window and one append are under way, in their order, and a failure frees its place", async () => {
  const appends = fc.array(fc.record({ bytes: fc.nat({ max: 100 }), fate: fc.constantFrom("ok", "fails", "gone") }), {
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(appends, fc.scheduler(), async (all, scheduler) => {
      const slots = createAppendSlots(4, 150);
      const started: number[] = [];
      const underWay = new Map<number, number>();
      const results = all.map(({ bytes, fate }, index) =>
        slots.run(() => {
          started.push(index);
          if (fate === "gone") return null;
          expect(underWay.size).toBeLessThan(4);
          expect([...underWay.values()].reduce((sum, one) => sum + one, 0)).toBeLessThan(150);
          underWay.set(index, bytes);
          const answer = scheduler.schedule(Promise.resolve(index)).then(() => {
            underWay.delete(index);
            if (fate === "fails") throw failure;
            return index;
          });
          return { bytes, answer };
        }),
      );
      const settled = Promise.allSettled(results);
      await scheduler.waitFor(settled);
      expect(started).toEqual(all.map((_, index) => index));
      expect(await settled).toEqual(
        all.map(({ fate }, index) =>
          fate === "fails"
            ? { status: "rejected", reason: failure }
            : { status: "fulfilled", value: fate === "gone" ? null : index },
        ),
      );
    }),
  );
});

test("an append that can't be made is its own failure, and the next one begins", async () => {
  const slots = createAppendSlots(1, 1);
  const damaged = slots.run(() => {
    throw failure;
  });
  const next = slots.run(() => ({ bytes: 1, answer: Promise.resolve("stored") }));
  await expect(damaged).rejects.toBe(failure);
  expect(await next).toBe("stored");
});
