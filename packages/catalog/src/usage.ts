import { z } from "zod";

/**
 * What agents used, in tokens and money: the answer of `GET /api/usage/summary`, of `usage.summary` and of the panel `usage`.
 * Rules of counting and of prices: `docs/reports.md`, "Usage".
 */
export const USAGE_PERIODS = ["24h", "7d", "30d"] as const;
export const UsagePeriod = z.enum(USAGE_PERIODS);
export type UsagePeriod = z.infer<typeof UsagePeriod>;
export const USAGE_PERIOD_HOURS: Record<UsagePeriod, number> = { "24h": 24, "7d": 7 * 24, "30d": 30 * 24 };

const Tokens = z.number().int().nonnegative();

/** Money as decimal text with six places, such as `0.012500`: no binary fraction is ever summed. */
const Money = z.string().regex(/^\d+\.\d{6}$/);

/** Tokens of distinct kinds: none is counted in two. */
export const TokenCounts = z.object({
  /** Read by the model and not from its cache. */
  inputTokens: Tokens,
  cachedReadTokens: Tokens,
  cachedWriteTokens: Tokens,
  /** Written by the model, its thoughts included. */
  outputTokens: Tokens,
  /** Told as a sum alone, so that no price fits them. */
  otherTokens: Tokens,
});
export type TokenCounts = z.infer<typeof TokenCounts>;

const Amount = z.object({
  ...TokenCounts.shape,
  /** Of all kinds. */
  totalTokens: Tokens,
  /** Of the tokens that have a price; the others are told beside it, and are never counted as free. */
  cost: Money,
  unpricedTokens: Tokens,
  turns: Tokens,
});
export type UsageAmount = z.infer<typeof Amount>;

/** Where a row's price comes from: the price file, the agent's own word, both within the row, or nowhere. */
const PriceSource = z.enum(["listed", "reported", "mixed", "none"]);

export const UsageSummary = z.object({
  workspaceId: z.string(),
  period: UsagePeriod,
  /** ISO 4217, as the price file says. */
  currency: z.string(),
  total: Amount,
  /** The most tokens first. Null stands for the models beyond a list's bound, added up. */
  byModel: z.array(z.object({ model: z.string().nullable(), priceSource: PriceSource, ...Amount.shape })),
  /** Who asked for the turns. A null id: nobody that is known; a null name: no longer in the workspace. */
  byPerson: z.array(
    z.object({
      personId: z.string().nullable(),
      name: z.string().nullable(),
      kind: z.enum(["person", "key", "unknown"]),
      ...Amount.shape,
    }),
  ),
  /** Hours of 24 h, else local days, the oldest first; the first and the last may be cut by the period. */
  buckets: z.array(
    z.object({
      startsAt: z.iso.datetime(),
      /** Of a day: which one it is in the workspace's time zone. */
      day: z.iso.date().nullable(),
      ...Amount.shape,
    }),
  ),
  /** Why the price file was not taken; the prices before it hold. Null while there is nothing to say. */
  priceProblem: z.string().nullable(),
});
export type UsageSummary = z.infer<typeof UsageSummary>;
