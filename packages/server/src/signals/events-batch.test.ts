import { MAILBOX_SLOTS } from "@signalbox/catalog/bounds";
import type { Signal } from "@signalbox/catalog/signals";
import { expect, it } from "vitest";
import { parseEvents } from "../../test/http-host.ts";
import { renderBatch } from "./events-batch.ts";
import { EVENTS_FORMATS } from "./events-format.ts";

const listener = { workspaceId: "w", personId: "p" };
const row = (seq: number, initiative: string, change: Partial<Signal> = {}) => ({
  seq,
  value: {
    name: "initiative.changed",
    ids: { initiative },
    workspaceId: "w",
    at: 0,
    ...change,
  } satisfies Signal,
});

function render(delivery: "latest" | "every", rows: ReturnType<typeof row>[]) {
  const chunk = renderBatch({ format: EVENTS_FORMATS.named, delivery, topics: null }, listener, {
    rows,
    position: 99,
    epoch: 1,
  });
  return (
    chunk &&
    parseEvents(chunk.plain.toString()).map(({ event, data, id }) => [
      event,
      (JSON.parse(data) as Partial<Signal>).ids?.["initiative"],
      id,
    ])
  );
}

it("S4 [SG4]: has nothing for who hears none of it, and not a byte of what is for somebody else", () => {
  const foreign = row(1, "a", { workspaceId: "another" });
  const personal: ReturnType<typeof row> = {
    seq: 2,
    value: { name: "notification.arrived", ids: { notification: "n" }, workspaceId: "w", personId: "q", at: 0 },
  };
  expect(render("every", [foreign, personal])).toBeNull();
  expect(render("every", [foreign, row(3, "b"), personal])).toEqual([["initiative.changed", "b", "1.99"]]);
});

it("[SG6] [SG7] conflates for screens alone, in the order of the newest, each with a cursor behind which nothing is missing", () => {
  const rows = [row(1, "a"), row(2, "b"), row(3, "a"), row(4, "c")];
  expect(render("latest", rows)).toEqual([
    ["initiative.changed", "b", "1.2"],
    ["initiative.changed", "a", "1.3"],
    ["initiative.changed", "c", "1.99"],
  ]);
  expect(render("every", rows)?.map(([, record]) => record)).toEqual(["a", "b", "a", "c"]);
});

it("[SG6] says one resync instead of more distinct records than one batch names", () => {
  const rows = (count: number) => Array.from({ length: count }, (_, index) => row(index + 1, `r${index}`));
  expect(render("latest", rows(MAILBOX_SLOTS))).toHaveLength(MAILBOX_SLOTS);
  expect(render("latest", rows(MAILBOX_SLOTS + 1))).toEqual([["resync", undefined, "1.99"]]);
  expect(render("every", rows(MAILBOX_SLOTS + 1))).toHaveLength(MAILBOX_SLOTS + 1);
});
