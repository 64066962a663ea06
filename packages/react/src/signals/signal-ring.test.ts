import type { Signal } from "@signalbox/catalog/signals";
import { expect, it } from "vitest";
import { createSignalRing } from "./signal-ring.ts";

const signal = (id: string): Signal => ({ name: "sprint.changed", ids: { sprint: id }, workspaceId: "w", at: 1 });
const idsAfter = (ring: ReturnType<typeof createSignalRing>, position: string) =>
  ring.after(position)?.map(({ ids }) => ids["sprint"]);

it("tells what was heard after a position", () => {
  const ring = createSignalRing("1.3");
  ring.add({ signals: [signal("a")], cursor: "1.4" });
  ring.add({ signals: [signal("b"), signal("c")], cursor: "1.6" });
  expect(idsAfter(ring, "1.3")).toEqual(["a", "b", "c"]);
  expect(idsAfter(ring, "1.4")).toEqual(["b", "c"]);
  // Within a batch: what of it came later is not known, so all of it counts.
  expect(idsAfter(ring, "1.5")).toEqual(["b", "c"]);
  expect(idsAfter(ring, "1.6")).toEqual([]);
  expect(idsAfter(ring, "1.9")).toEqual([]);
});

it("does not know what was before its start, of another epoch, or at no position", () => {
  const ring = createSignalRing("1.3");
  expect(ring.after("1.2")).toBeNull();
  expect(ring.after("2.9")).toBeNull();
  expect(ring.after("")).toBeNull();
  expect(createSignalRing(null).after("1.3")).toBeNull();
});

it("forgets the oldest beyond its capacity, and says so", () => {
  const ring = createSignalRing("1.0", 2);
  for (let seq = 1; seq <= 4; seq += 1) ring.add({ signals: [signal(`s${seq}`)], cursor: `1.${seq}` });
  expect(ring.after("1.1")).toBeNull();
  expect(idsAfter(ring, "1.2")).toEqual(["s3", "s4"]);
});

it("starts anew at a resync", () => {
  const ring = createSignalRing("1.0");
  ring.add({ signals: [signal("a")], cursor: "1.1" });
  ring.reset("2.7");
  expect(ring.after("1.0")).toBeNull();
  expect(idsAfter(ring, "2.7")).toEqual([]);
});
