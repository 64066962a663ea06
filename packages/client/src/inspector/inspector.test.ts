import { INSPECTOR_EVENTS, MAILBOX_SLOTS } from "@signalbox/catalog/bounds";
import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../test/virtual-clock.ts";
import { createInspector } from "./inspector.ts";

const setUp = () => {
  const clock = createVirtualClock();
  const inspector = createInspector({ clock });
  const resync = (cursor: string) =>
    inspector.record(() => ({ type: "resync", reason: "pruned", spreadMs: 0, cursor }));
  return { clock, inspector, resync };
};

describe("a closed inspector", () => {
  it("holds nothing, and what it would hold is not even made", () => {
    const { inspector } = setUp();
    let made = 0;
    const before = inspector.snapshot();
    for (let index = 0; index < 10_000; index += 1) {
      inspector.record(() => {
        made += 1;
        return { type: "resync", reason: "pruned", spreadMs: 0, cursor: "1.1" };
      });
      inspector.asked(`key ${index}`, () => `${(made += 1)}`);
    }
    expect(made).toBe(0);
    expect(inspector.snapshot()).toBe(before);
    expect(inspector.takeReasons("key 1")).toEqual({ because: [], asked: 0 });
  });

  it("forgets what it held while it was open", () => {
    const { inspector, resync } = setUp();
    inspector.open();
    resync("1.1");
    inspector.asked("a", () => "because");
    inspector.close();
    expect(inspector.snapshot()).toEqual({ isOpen: false, events: [], dropped: 0 });
    inspector.open();
    expect(inspector.snapshot().events).toEqual([]);
    expect(inspector.takeReasons("a").asked).toBe(0);
  });
});

describe("an open inspector", () => {
  it("holds the newest events with their times, and says how many it dropped", () => {
    const { clock, inspector, resync } = setUp();
    inspector.open();
    for (let index = 0; index < INSPECTOR_EVENTS + 20; index += 1) resync(`1.${index}`);
    const { events, dropped } = inspector.snapshot();
    expect([events.length, dropped]).toEqual([INSPECTOR_EVENTS, 20]);
    expect(events.at(-1)).toMatchObject({ cursor: `1.${INSPECTOR_EVENTS + 19}`, at: clock.now() });
  });

  it("gathers what asked for a read: each reason once, every request counted", () => {
    const { inspector } = setUp();
    inspector.open();
    for (const reason of ["one", "two", "one", "one"]) inspector.asked("a", () => reason);
    expect(inspector.takeReasons("a")).toEqual({ because: ["one", "two"], asked: 4 });
    expect(inspector.takeReasons("a")).toEqual({ because: [], asked: 0 });
  });

  it("is bounded in reasons that nobody takes", () => {
    const { inspector } = setUp();
    inspector.open();
    for (let index = 0; index < MAILBOX_SLOTS + 10; index += 1) inspector.asked(`${index}`, () => "x");
    expect(inspector.takeReasons("0").asked).toBe(0);
    expect(inspector.takeReasons(`${MAILBOX_SLOTS}`).asked).toBe(1);
  });

  it("tells its listeners, and shows the same object in between", () => {
    const { inspector, resync } = setUp();
    let told = 0;
    const stop = inspector.subscribe(() => (told += 1));
    inspector.open();
    inspector.open();
    resync("1.1");
    expect(inspector.snapshot()).toBe(inspector.snapshot());
    stop();
    inspector.close();
    expect(told).toBe(2);
  });
});
