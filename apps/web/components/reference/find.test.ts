import { expect, it } from "vitest";
import { find } from "./find.ts";
import { findableItems, REFERENCE, REFERENCE_PAGES } from "./reference-data.ts";

const items = findableItems();

it("finds a signal by its name, its subject or words of its summary", () => {
  expect(find(items, "plan.status-changed")[0]?.href).toBe("/reference/signals#plan.status-changed");
  expect(find(items, "PLAN moved another status")[0]?.name).toBe("plan.status-changed");
  expect(find(items, "plan.").map(({ name }) => name)).toContain("plan.created");
});

it("puts what bears the words in its name before what mentions them", () => {
  expect(find(items, "heartbeat_ms")[0]?.name).toBe("HEARTBEAT_MS");
  const [first] = find(items, "usage");
  expect(first).toMatchObject({ name: "usage", kind: "Turn entry" });
});

it("finds nothing for nothing, and nothing for what is not there", () => {
  expect(find(items, "  ")).toEqual([]);
  expect(find(items, "plan zebra")).toEqual([]);
});

it("gives each thing a place of its own, on a page that exists", () => {
  const places = items.map(({ href }) => href);
  expect(new Set(places).size).toBe(places.length);
  const slugs = new Set(places.map((href) => href.split("#")[0]?.split("/").at(-1)));
  expect(slugs).toEqual(new Set(REFERENCE_PAGES.map(({ slug }) => slug)));
  expect(items.length).toBeGreaterThan(REFERENCE.entries.length + REFERENCE.times.length);
});
