import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addDays, daysBetween, isTimeZone, localDay, startOfDay } from "./calendar.ts";

const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "America/Sao_Paulo"];

describe("local days", () => {
  it("begin at the zone's midnight, in summer and in winter", () => {
    expect(startOfDay("2026-01-15", "Europe/Berlin").toISOString()).toBe("2026-01-14T23:00:00.000Z");
    expect(startOfDay("2026-07-15", "Europe/Berlin").toISOString()).toBe("2026-07-14T22:00:00.000Z");
    expect(startOfDay("2026-07-15", "Pacific/Kiritimati").toISOString()).toBe("2026-07-14T10:00:00.000Z");
  });

  it("are 23 and 25 hours long when the clocks change", () => {
    const hours = (day: string) =>
      (startOfDay(addDays(day, 1), "Europe/Berlin").getTime() - startOfDay(day, "Europe/Berlin").getTime()) / 3_600_000;
    expect([hours("2026-03-28"), hours("2026-03-29"), hours("2026-10-25")]).toEqual([24, 23, 25]);
  });

  it("begin with their first instant, whatever the zone does at midnight", () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), fc.integer({ min: 0, max: 20_000 }), (zone, offset) => {
        const day = addDays("1990-01-01", offset);
        const start = startOfDay(day, zone).getTime();
        expect(localDay(new Date(start), zone) >= day).toBe(true);
        expect(localDay(new Date(start - 1), zone) < day).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it("are counted without regard to the length of a day", () => {
    expect(daysBetween("2026-03-28", "2026-03-30")).toBe(2);
    expect(addDays("2026-02-27", 2)).toBe("2026-03-01");
  });

  it("know a time zone from what is none", () => {
    expect([isTimeZone("Europe/Berlin"), isTimeZone("Europe/Atlantis"), isTimeZone("")]).toEqual([true, false, false]);
  });
});
