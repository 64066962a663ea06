import { expect, it } from "vitest";
import { days, dayWords, percent, plans, short } from "./number-words.ts";

it("numbers are short, and singular where there is one", () => {
  expect([percent(0.361), percent(1)]).toEqual(["36 %", "100 %"]);
  expect([short(2.55), short(3)]).toEqual(["2.6", "3"]);
  expect([days(1), days(0.42), days(0.96)]).toEqual(["1 day", "0.4 days", "1 day"]);
  expect([plans(1), plans(0)]).toEqual(["1 plan", "0 plans"]);
});

it("a local day is said without a zone", () => {
  expect([dayWords("2026-03-02"), dayWords("2026-12-31")]).toEqual(["2 Mar", "31 Dec"]);
});
