import { STREAMS_PER_BROWSER, TURN_STREAMS_PER_BROWSER } from "@signalbox/catalog/bounds";
import { afterEach, describe, expect, it } from "vitest";
import { openTab } from "../../test/browser-tab.ts";
import { systemClock, type Stop } from "../clock.ts";
import { takeStreamPlace } from "./stream-places.ts";

const taken: Stop[] = [];
afterEach(() => {
  for (const leave of taken.splice(0)) leave();
});

async function take(kind: "events" | "turn", tab = openTab(systemClock)): Promise<boolean> {
  const leave = await takeStreamPlace(tab.tabs, kind);
  if (leave) taken.push(leave);
  return leave !== null;
}

describe("the places for streams of one browser", () => {
  it("are never all taken by turns", async () => {
    const turns = [];
    for (let index = 0; index < STREAMS_PER_BROWSER + 2; index += 1) turns.push(await take("turn"));
    expect(turns.filter(Boolean)).toHaveLength(TURN_STREAMS_PER_BROWSER);
    expect(await take("events")).toBe(true);
    expect(await take("events")).toBe(false);
  });

  it("are bounded over all tabs, and leave the turns theirs as long as they can", async () => {
    expect([await take("events"), await take("events"), await take("events"), await take("events")]).toEqual(
      Array.from({ length: STREAMS_PER_BROWSER }, () => true),
    );
    expect(await take("events")).toBe(false);
    expect(await take("turn")).toBe(false);
  });

  it("come back when they are left, and when a tab crashes with them", async () => {
    const tab = openTab(systemClock);
    for (let index = 0; index < TURN_STREAMS_PER_BROWSER; index += 1) await takeStreamPlace(tab.tabs, "turn");
    expect(await take("turn")).toBe(false);
    tab.crash();
    while (!(await take("turn"))) await new Promise((resolve) => setImmediate(resolve));
  });
});
