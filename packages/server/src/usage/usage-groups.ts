/** What was used in a period, as groups of rows that are added up further in `usage-summary.ts`. */
import type { TokenCounts, UsageSummary } from "@signalbox/catalog/usage";
import { and, count, eq, gt, lte, sql, type SQL } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { apiKey, member, usage, user } from "../store/schema.ts";
import type { Tx } from "../store/store.ts";

/** The name of the hour or day that a row counts in. */
export type BucketOf = SQL<string>;

export interface AskedUsage {
  tx: Tx;
  scope: Scope;
  /** Not in the period; `now` is. */
  since: Date;
  now: Date;
  bucketOf: BucketOf;
}

/** By its place: an expression with parameters is never equal to its own copy. */
const FIRST_COLUMN = sql`1`;

function within({ scope, since, now }: AskedUsage) {
  return and(eq(usage.workspaceId, scope.workspaceId), gt(usage.at, since), lte(usage.at, now));
}

/** Rows of one model, one person and one bucket, added up. */
export interface UsageGroup {
  bucket: string;
  model: string;
  startedBy: string | null;
  counts: TokenCounts;
  rows: number;
  /** Of them, those whose agent told a cost in the list's currency: their cost in millionths, and their tokens. */
  reportedRows: number;
  reportedMicros: number;
  reportedTokens: number;
}

export async function readUsageGroups(asked: AskedUsage, currency: string): Promise<UsageGroup[]> {
  const add = (value: SQL | typeof usage.inputTokens) => sql<number>`coalesce(sum(${value}), 0)`.mapWith(Number);
  const isReported = sql`${usage.reportedCurrency} = ${currency}`;
  const tokens = sql`${usage.inputTokens} + ${usage.cachedReadTokens} + ${usage.cachedWriteTokens}
    + ${usage.outputTokens} + ${usage.otherTokens}`;
  const onlyReported = (value: SQL) => add(sql`case when ${isReported} then ${value} else 0 end`);
  const rows = await asked.tx
    .select({
      bucket: asked.bucketOf.as("bucket"),
      model: usage.model,
      startedBy: usage.startedBy,
      inputTokens: add(usage.inputTokens),
      cachedReadTokens: add(usage.cachedReadTokens),
      cachedWriteTokens: add(usage.cachedWriteTokens),
      outputTokens: add(usage.outputTokens),
      otherTokens: add(usage.otherTokens),
      rows: count(),
      reportedRows: onlyReported(sql`1`),
      reportedMicros: onlyReported(sql`${usage.reportedMicros}`),
      reportedTokens: onlyReported(tokens),
    })
    .from(usage)
    .where(within(asked))
    .groupBy(FIRST_COLUMN, usage.model, usage.startedBy);
  return rows.map(({ inputTokens, cachedReadTokens, cachedWriteTokens, outputTokens, otherTokens, ...row }) => ({
    ...row,
    counts: { inputTokens, cachedReadTokens, cachedWriteTokens, outputTokens, otherTokens },
  }));
}

/** A turn of several models is one turn: rows of a turn are written together, so it is in one bucket. */
export async function readTurnCounts(asked: AskedUsage) {
  return asked.tx
    .select({
      bucket: asked.bucketOf.as("bucket"),
      startedBy: usage.startedBy,
      turns: sql<number>`count(distinct ${usage.turnId})`.mapWith(Number),
    })
    .from(usage)
    .where(within(asked))
    .groupBy(FIRST_COLUMN, usage.startedBy);
}

type Named = Pick<UsageSummary["byPerson"][number], "name" | "kind">;

/** Members and keys of the workspace; revoked keys keep their name. */
export async function readNames(tx: Tx, scope: Scope): Promise<Map<string, Named>> {
  const people = await tx
    .select({ id: user.id, name: user.name })
    .from(member)
    .innerJoin(user, eq(user.id, member.userId))
    .where(eq(member.workspaceId, scope.workspaceId));
  const keys = await tx
    .select({ id: apiKey.id, name: apiKey.name })
    .from(apiKey)
    .where(eq(apiKey.workspaceId, scope.workspaceId));
  return new Map<string, Named>([
    ...people.map(({ id, name }) => [id, { name, kind: "person" }] as const),
    ...keys.map(({ id, name }) => [id, { name, kind: "key" }] as const),
  ]);
}
