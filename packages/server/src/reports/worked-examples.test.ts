import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { burndown } from "./daily/burndown.ts";
import { velocity } from "./daily/velocity.ts";
import { CapturedSprint, type CapturedDay } from "./history.ts";
import { accuracyOf } from "./live/estimate-accuracy.ts";
import { cardOf } from "./live/scorecard.ts";
import { healthOf } from "./live/sprint-health.ts";
import { parsePrices } from "../usage/prices.ts";
import { sumOf } from "../usage/turn-usage.ts";
import type { UsageGroup } from "../usage/usage-groups.ts";
import { amountOf } from "../usage/usage-summary.ts";

/** The examples of `docs/reports.md`, run as they stand there. */
const TEXT = readFileSync(join(import.meta.dirname, "../../../../docs/reports.md"), "utf8");
const EXAMPLES = [...TEXT.matchAll(/```json ([a-z-]+)\n(.*?)```/gs)].map(([, panel = "", text = ""], index) => ({
  panel,
  index,
  ...(JSON.parse(text) as { given: unknown; then: object }),
}));

interface GivenHistory<P> {
  params: P;
  sprint: object;
  history: { day: string; sprints: object[] }[];
}

function historyOf({ history, sprint }: GivenHistory<unknown>): CapturedDay[] {
  return history.map(({ day, sprints }) => ({
    day,
    capturedAt: new Date(`${day}T23:59:59Z`),
    sprints: sprints.map((one) => CapturedSprint.parse({ ...sprint, ...one })),
  }));
}

/** A group of usage of which only what matters is given. */
type GivenUsage = Pick<UsageGroup, "model"> & { counts: Partial<UsageGroup["counts"]>; reportedMicros?: number };

function usageGroup({ model, counts, reportedMicros }: GivenUsage): UsageGroup {
  const nothing = { inputTokens: 0, cachedReadTokens: 0, cachedWriteTokens: 0, outputTokens: 0, otherTokens: 0 };
  const all = { ...nothing, ...counts };
  const isReported = reportedMicros !== undefined;
  return {
    bucket: "",
    model,
    startedBy: null,
    counts: all,
    rows: 1,
    reportedRows: isReported ? 1 : 0,
    reportedMicros: reportedMicros ?? 0,
    reportedTokens: isReported ? sumOf(all) : 0,
  };
}

const FORMULAS: Record<string, (given: unknown) => unknown> = {
  "sprint-health": (given) => healthOf(given as Parameters<typeof healthOf>[0]),
  "estimate-accuracy": (given) => accuracyOf(given as Parameters<typeof accuracyOf>[0]),
  scorecard: (given) => cardOf(given as Parameters<typeof cardOf>[0]),
  usage: (given) => {
    const { prices, turns, groups } = given as { prices: object; turns: number; groups: GivenUsage[] };
    const list = parsePrices(JSON.stringify({ models: prices }));
    if (typeof list === "string") throw new Error(list);
    return amountOf(groups.map(usageGroup), list, turns);
  },
  burndown: (given) => {
    const one = given as GivenHistory<Parameters<typeof burndown>[1]>;
    return burndown(historyOf(one), one.params);
  },
  velocity: (given) => {
    const one = given as GivenHistory<Parameters<typeof velocity>[1]>;
    return velocity(historyOf(one), one.params);
  },
};

describe("the worked examples of docs/reports.md", () => {
  it("are there for every formula", () => {
    expect(new Set(EXAMPLES.map(({ panel }) => panel))).toEqual(new Set(Object.keys(FORMULAS)));
  });

  it.each(EXAMPLES)("$panel ($index) comes out as written", ({ panel, given, then }) => {
    const answer = FORMULAS[panel]?.(given);
    expect(round(answer)).toMatchObject(round(then) as object);
  });
});

/** Shares are sums of floating-point numbers. */
function round(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === "number" ? Number(inner.toFixed(9)) : inner)),
  );
}
