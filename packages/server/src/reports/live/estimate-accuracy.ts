/** Estimate accuracy: whether plans take the time that their points announce. */
import { PERIOD_DAYS, type PanelData } from "@signalbox/catalog/panels";
import type { LiveQuery } from "../live-query.ts";
import { median, share } from "../statistics.ts";
import { readCompletions, type Completion } from "./completions.ts";

/** On estimate: within this share of the expected time, up or down. */
const TOLERANCE = 0.5;

export const estimateAccuracy: LiveQuery<"estimate-accuracy"> = async (read, { period }) =>
  accuracyOf(await readCompletions(read, PERIOD_DAYS[period]));

/** The formula, on the plans completed in the period. */
export function accuracyOf(
  completions: readonly Pick<Completion, "estimate" | "days">[],
): PanelData<"estimate-accuracy"> {
  const measured = completions.flatMap(({ estimate, days }) => (estimate && days !== null ? [{ estimate, days }] : []));
  const daysPerPoint = median(measured.map(({ estimate, days }) => days / estimate));
  const expected = (points: number) => points * (daysPerPoint ?? 0);
  const isSlower = (one: { estimate: number; days: number }) => one.days > expected(one.estimate) * (1 + TOLERANCE);
  const isFaster = (one: { estimate: number; days: number }) => one.days < expected(one.estimate) * (1 - TOLERANCE);
  const slower = measured.filter(isSlower).length;
  const faster = measured.filter(isFaster).length;
  const onEstimate = measured.length - slower - faster;
  const sizes = [...new Set(measured.map(({ estimate }) => estimate))].toSorted((a, b) => a - b);
  return {
    measured: measured.length,
    unestimated: completions.filter(({ estimate }) => !estimate).length,
    daysPerPoint,
    onEstimate,
    faster,
    slower,
    accuracy: measured.length === 0 ? null : share(onEstimate, measured.length),
    bySize: sizes.map((points) => {
      const days = measured.filter(({ estimate }) => estimate === points).map((one) => one.days);
      return { points, count: days.length, medianDays: median(days) ?? 0, expectedDays: expected(points) };
    }),
  };
}
