import { SIGNAL_WINDOW_MAX_MS, SIGNAL_WINDOW_MS } from "@signalbox/catalog/timing";
import { expect, it } from "vitest";
import { nextWindow } from "./window.ts";

it.each([
  { what: "one signal", before: SIGNAL_WINDOW_MS, signals: 1, records: 1, after: SIGNAL_WINDOW_MS },
  { what: "each record once", before: SIGNAL_WINDOW_MS, signals: 40, records: 40, after: SIGNAL_WINDOW_MS },
  { what: "few repetitions", before: SIGNAL_WINDOW_MS, signals: 40, records: 21, after: SIGNAL_WINDOW_MS },
  { what: "a storm", before: SIGNAL_WINDOW_MS, signals: 40, records: 20, after: 2 * SIGNAL_WINDOW_MS },
  { what: "a long storm", before: 2 * SIGNAL_WINDOW_MS, signals: 400, records: 20, after: SIGNAL_WINDOW_MAX_MS },
  { what: "an endless storm", before: SIGNAL_WINDOW_MAX_MS, signals: 400, records: 20, after: SIGNAL_WINDOW_MAX_MS },
  { what: "calm after a storm", before: SIGNAL_WINDOW_MAX_MS, signals: 3, records: 2, after: SIGNAL_WINDOW_MS },
])("the window after $what is $after ms", ({ before, signals, records, after }) => {
  expect(nextWindow(before, { signals, records })).toBe(after);
});
