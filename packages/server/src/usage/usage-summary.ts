/** Token and cost totals of a period: all together, by model, by person and over time, from one snapshot. */
import { ROWS_PER_LIST } from "@signalbox/catalog/bounds";
import {
  USAGE_PERIOD_HOURS,
  type TokenCounts,
  type UsageAmount,
  type UsagePeriod,
  type UsageSummary,
} from "@signalbox/catalog/usage";
import { sql } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { addDays, localDay, startOfDay } from "../reports/calendar.ts";
import { timeZoneOf } from "../reports/time-zone.ts";
import { usage } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";
import type { Price, PriceList, Prices } from "./prices.ts";
import { sumOf } from "./turn-usage.ts";
import { readNames, readTurnCounts, readUsageGroups, type BucketOf, type UsageGroup } from "./usage-groups.ts";

const HOUR_MS = 3_600_000;

export function createUsage({
  store,
  prices,
  now = () => new Date(),
}: {
  store: Store;
  prices: Prices;
  now?: () => Date;
}) {
  return {
    async summary(scope: Scope, period: UsagePeriod): Promise<UsageSummary> {
      const list = await prices.current();
      return store.read(scope, (tx) => readUsage({ tx, scope, now: now(), prices: list }, period));
    },
  };
}

export interface UsageRead {
  tx: Tx;
  scope: Scope;
  now: Date;
  prices: PriceList;
}

export async function readUsage(read: UsageRead, period: UsagePeriod): Promise<UsageSummary> {
  const { tx, scope, now, prices } = read;
  const since = new Date(now.getTime() - USAGE_PERIOD_HOURS[period] * HOUR_MS);
  const axis = period === "24h" ? hours(since, now) : days(since, now, await timeZoneOf(tx, scope));
  const asked = { tx, scope, since, now, bucketOf: axis.bucketOf };
  const used = await readUsageGroups(asked, prices.currency);
  const turns = await readTurnCounts(asked);
  const names = await readNames(tx, scope);

  const models = groupBy(used, ({ model }) => model).map(([model, groups]) => {
    const amount = amountOf(
      groups,
      prices,
      groups.reduce((sum, group) => sum + group.rows, 0),
    );
    return { model, priceSource: sourceOf(groups, prices.priceOf(model)), ...amount };
  });
  const people = groupBy(used, ({ startedBy }) => startedBy).map(([personId, groups]) => ({
    personId,
    ...(names.get(personId ?? "") ?? { name: null, kind: "unknown" as const }),
    ...amountOf(
      groups,
      prices,
      turnsOf(turns, (row) => row.startedBy === personId),
    ),
  }));
  return {
    workspaceId: scope.workspaceId,
    period,
    currency: prices.currency,
    total: amountOf(
      used,
      prices,
      turnsOf(turns, () => true),
    ),
    byModel: boundedModels(models.toSorted(byTokens), used, prices),
    byPerson: people.toSorted(byTokens).slice(0, ROWS_PER_LIST),
    buckets: axis.buckets.map(({ bucket, startsAt, day }) => ({
      startsAt,
      day,
      ...amountOf(
        used.filter((group) => group.bucket === bucket),
        prices,
        turnsOf(turns, (row) => row.bucket === bucket),
      ),
    })),
    priceProblem: prices.problem,
  };
}

interface Axis {
  bucketOf: BucketOf;
  /** The oldest first, those without usage too. */
  buckets: { bucket: string; startsAt: string; day: string | null }[];
}

function hours(since: Date, now: Date): Axis {
  const buckets = [];
  for (let at = Math.floor(since.getTime() / HOUR_MS) * HOUR_MS; at <= now.getTime(); at += HOUR_MS) {
    const startsAt = new Date(at).toISOString();
    buckets.push({ bucket: startsAt.slice(0, "2026-03-02T15".length), startsAt, day: null });
  }
  return { bucketOf: sql<string>`to_char(${usage.at} at time zone 'UTC', 'YYYY-MM-DD"T"HH24')`, buckets };
}

function days(since: Date, now: Date, zone: string): Axis {
  const buckets = [];
  for (let day = localDay(since, zone); day <= localDay(now, zone); day = addDays(day, 1))
    buckets.push({ bucket: day, startsAt: startOfDay(day, zone).toISOString(), day });
  return { bucketOf: sql<string>`to_char(${usage.at} at time zone ${zone}, 'YYYY-MM-DD')`, buckets };
}

/** The formula: counts, and their cost by the list, else by the agents' own word. */
export function amountOf(groups: readonly UsageGroup[], prices: PriceList, turns: number): UsageAmount {
  const counts: TokenCounts = {
    inputTokens: 0,
    cachedReadTokens: 0,
    cachedWriteTokens: 0,
    outputTokens: 0,
    otherTokens: 0,
  };
  let cost = 0n;
  let unpricedTokens = 0;
  for (const group of groups) {
    for (const kind of Object.keys(counts) as (keyof TokenCounts)[]) counts[kind] += group.counts[kind];
    const price = prices.priceOf(group.model);
    if (price) {
      cost += costOf(group.counts, price);
      unpricedTokens += group.counts.otherTokens;
    } else {
      cost += BigInt(group.reportedMicros) * 1_000_000n;
      unpricedTokens += sumOf(group.counts) - group.reportedTokens;
    }
  }
  return { ...counts, totalTokens: sumOf(counts), cost: money(cost), unpricedTokens, turns };
}

/** In 10⁻¹² of the currency. */
function costOf(counts: TokenCounts, price: Price): bigint {
  return (
    BigInt(counts.inputTokens) * price.input +
    BigInt(counts.cachedReadTokens) * price.cachedRead +
    BigInt(counts.cachedWriteTokens) * price.cachedWrite +
    BigInt(counts.outputTokens) * price.output
  );
}

/** Rounded once, after everything was added. */
function money(picos: bigint): string {
  const micros = (picos + 500_000n) / 1_000_000n;
  return `${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, "0")}`;
}

function sourceOf(groups: readonly UsageGroup[], price: Price | null): UsageSummary["byModel"][number]["priceSource"] {
  if (price) return "listed";
  if (groups.every((group) => group.reportedRows === 0)) return "none";
  return groups.every((group) => group.reportedRows === group.rows) ? "reported" : "mixed";
}

/** Models beyond the bound are one row: an agent may name as many as it likes. */
function boundedModels(
  rows: UsageSummary["byModel"],
  groups: readonly UsageGroup[],
  prices: PriceList,
): UsageSummary["byModel"] {
  if (rows.length <= ROWS_PER_LIST) return rows;
  const kept = rows.slice(0, ROWS_PER_LIST - 1);
  const named = new Set(kept.map(({ model }) => model));
  const rest = groups.filter(({ model }) => !named.has(model));
  const turns = rest.reduce((sum, group) => sum + group.rows, 0);
  return [...kept, { model: null, priceSource: "mixed", ...amountOf(rest, prices, turns) }];
}

function byTokens(a: UsageAmount, b: UsageAmount): number {
  return b.totalTokens - a.totalTokens;
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): [K, T[]][] {
  return [...Map.groupBy(items, keyOf)];
}

function turnsOf<T extends { turns: number }>(rows: readonly T[], isCounted: (row: T) => boolean): number {
  return rows.filter(isCounted).reduce((sum, row) => sum + row.turns, 0);
}
