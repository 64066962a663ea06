import { STREAM_MAX_AGE_MS } from "@signalbox/catalog/timing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { closeCodeOf, createAdmission, type StreamSlot } from "./admission.ts";

const open = (admission: ReturnType<typeof createAdmission>, personId: string, kind: "events" | "turn" = "events") =>
  admission.open({ personId, kind });

/** A stream that ends when it is told to, as each does whose reader still reads. */
function obey(slot: StreamSlot): StreamSlot {
  slot.closing.addEventListener("abort", () => slot.release(), { once: true });
  return slot;
}

describe("admission", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("refuses the host's one too many with too-many, and admits again after a release", () => {
    const admission = createAdmission({ maxStreams: 2, maxPerPerson: 9 });
    const first = open(admission, "a");
    open(admission, "b");
    expect(() => open(admission, "c")).toThrow(expect.objectContaining({ code: "too-many" }));
    first.release();
    open(admission, "c");
    expect(admission.count()).toBe(2);
  });

  it("ends the oldest of a person for the newest, of the same kind alone", () => {
    const admission = createAdmission({ maxStreams: 99, maxPerPerson: 2 });
    const [oldest, second, turn, other] = [
      obey(open(admission, "a")),
      obey(open(admission, "a")),
      obey(open(admission, "a", "turn")),
      obey(open(admission, "b")),
    ];
    open(admission, "a");
    expect(oldest.closing.aborted && closeCodeOf(oldest)).toBe("evicted");
    expect([second, turn, other].map((slot) => slot.closing.aborted)).toEqual([false, false, false]);
    expect([admission.count("events"), admission.count("turn")]).toEqual([3, 1]);
  });

  it("ends the next oldest when the oldest was told to end and can't, so that stuck readers don't open the limit", () => {
    // A frozen tab never reads its close: its slot stays. The ones after it evicted it again and again, and nobody else.
    const admission = createAdmission({ maxStreams: 99, maxPerPerson: 2 });
    const stuck = [
      open(admission, "a"),
      open(admission, "a"),
      open(admission, "a"),
      open(admission, "a"),
      open(admission, "a"),
    ];
    expect(stuck.map((slot) => slot.closing.aborted)).toEqual([true, true, true, false, false]);
  });

  it("releases once, however often it is asked", () => {
    const admission = createAdmission({ maxStreams: 2, maxPerPerson: 2 });
    const slot = open(admission, "a");
    open(admission, "b");
    slot.release();
    slot.release();
    expect(admission.count()).toBe(1);
  });

  it("ends a stream at its maximum age, more or less a fifth, and forgets that when it ended before", () => {
    vi.useFakeTimers();
    for (const [random, factor] of [
      [0, 0.8],
      [0.5, 1],
      [0.999999, 1.2],
    ] as const) {
      const admission = createAdmission({ maxStreams: 9, maxPerPerson: 9, random: () => random });
      const slot = open(admission, "a");
      const released = open(admission, "a");
      released.release();
      vi.advanceTimersByTime(STREAM_MAX_AGE_MS * factor - 1_000);
      expect(slot.closing.aborted).toBe(false);
      vi.advanceTimersByTime(1_000);
      expect(closeCodeOf(slot)).toBe("expired");
      expect(released.closing.aborted).toBe(false);
      slot.release();
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  it("keeps the first reason of a close", () => {
    const slot = open(createAdmission({ maxStreams: 1, maxPerPerson: 1 }), "a");
    slot.close("evicted");
    slot.close("draining");
    expect(closeCodeOf(slot)).toBe("evicted");
  });

  it("asks again whether streams may be held, and ends those that may not", async () => {
    const admission = createAdmission({ maxStreams: 9, maxPerPerson: 9 });
    let asked = 0;
    const slots = (["not-found", null, "signed-out"] as const).map((code, index) =>
      admission.open({
        personId: index < 2 ? "a" : "b",
        kind: "events",
        recheck: async () => {
          asked++;
          return code;
        },
      }),
    );
    await admission.recheckWhere((slot) => slot.personId === "a");
    expect(slots.map((slot) => slot.closing.aborted)).toEqual([true, false, false]);
    expect(asked).toBe(2);
    await admission.recheckWhere(() => true);
    expect(slots.map((slot) => slot.closing.reason as unknown)).toEqual(["not-found", undefined, "signed-out"]);
    expect(asked).toBe(4);
  });

  it("D1: drains: refuses new streams with unavailable, ends the open ones within the window, and resolves when all went", async () => {
    const admission = createAdmission({ maxStreams: 9, maxPerPerson: 9 });
    const slots = [obey(open(admission, "a")), obey(open(admission, "b", "turn"))];
    const drained = admission.drain(20);
    expect(admission.isDraining).toBe(true);
    expect(() => open(admission, "c")).toThrow(expect.objectContaining({ code: "unavailable" }));
    // Asked twice, both are answered.
    await Promise.all([drained, admission.drain(20)]);
    expect(slots.map(closeCodeOf)).toEqual(["draining", "draining"]);
    expect(admission.count()).toBe(0);
    await admission.drain(1_000_000);
  });

  it("D1: does not wait for a stuck stream beyond the window and its margin", async () => {
    vi.useFakeTimers();
    const admission = createAdmission({ maxStreams: 9, maxPerPerson: 9, random: () => 0.5 });
    open(admission, "stuck");
    let isDrained = false;
    const drained = admission.drain(2_000).then(() => {
      isDrained = true;
    });
    await vi.advanceTimersByTimeAsync(2_400);
    expect(isDrained).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    await drained;
    expect(isDrained).toBe(true);
  });
});
