/** Tokens, cost and rate limits in ACP: standard fields first, then what each known agent says in `_meta`. */
import type { TurnEntry, TurnEnd } from "@signalbox/catalog/turn-entry";
import { count, finite, isRecord, record, text, type JsonRecord } from "./json-value.ts";

export type TurnUsage = NonNullable<TurnEnd["usage"]>;

/** How full the context window is. */
export function contextUsage(update: JsonRecord): TurnEntry[] {
  const used = count(update["used"]);
  const size = count(update["size"]);
  const model = text(record(update["_meta"])["_claude/model"]);
  const cost = readCost(update["cost"]);
  if (used === undefined && size === undefined && cost === undefined) {
    return [{ kind: "raw", source: "acp", type: "usage_update", value: update }];
  }
  return [
    {
      kind: "usage",
      scope: "context",
      ...(model ? { model } : {}),
      ...(used === undefined ? {} : { used }),
      ...(size === undefined ? {} : { size }),
      ...(cost ? { cost } : {}),
    },
  ];
}

/** The built-in agent's count for one call of its model. */
export function stepUsage(update: JsonRecord): TurnEntry[] {
  const step = record(update["_meta"])["signalbox/step"];
  if (!isRecord(step)) return [];
  const usage = record(step["usage"]);
  const [provider, model] = [text(step["provider"]), text(step["model"])];
  const details = record(usage["inputTokenDetails"]);
  return [
    {
      kind: "usage",
      scope: "step",
      ...(provider ? { provider } : {}),
      ...(model ? { model } : {}),
      ...tokenCounts({
        ...usage,
        cachedReadTokens: details["cacheReadTokens"],
        cachedWriteTokens: details["cacheWriteTokens"],
        thoughtTokens: record(usage["outputTokenDetails"])["reasoningTokens"],
      }),
    },
  ];
}

/** What a whole turn used, as the agent's answer to the prompt tells it; null when it doesn't. */
export function promptUsage(result: unknown): TurnUsage | null {
  const values = record(result);
  const standard = tokenCounts(record(values["usage"]));
  if (Object.keys(standard).length > 0) return standard;
  const quota = record(record(record(values["_meta"])["quota"])["token_count"]);
  const fromQuota = tokenCounts({
    inputTokens: quota["inputTokens"] ?? quota["input_tokens"],
    outputTokens: quota["outputTokens"] ?? quota["output_tokens"],
    totalTokens: quota["totalTokens"] ?? quota["total_tokens"],
    cachedReadTokens: quota["cachedInputTokens"],
    thoughtTokens: quota["reasoningOutputTokens"],
  });
  return Object.keys(fromQuota).length > 0 ? fromQuota : null;
}

/** A provider's limit: ours from the built-in agent, Claude's from its adapter. */
export function mapRateLimit(update: JsonRecord): TurnEntry[] {
  const meta = record(update["_meta"]);
  const own = meta["signalbox/rateLimit"];
  if (isRecord(own)) return [ownRateLimit(own)];
  const claude = meta["_claude/rateLimit"];
  return isRecord(claude) ? [claudeRateLimit(claude)] : [];
}

function ownRateLimit(limit: JsonRecord): TurnEntry {
  const status = count(limit["status"]);
  const retryAfterMs = finite(limit["retryAfterMs"]);
  return {
    kind: "rate-limit",
    state: limit["state"] === "lifted" ? "lifted" : "hit",
    provider: text(limit["provider"]) ?? "model",
    ...(text(limit["model"]) ? { model: text(limit["model"]) } : {}),
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.max(0, retryAfterMs) }),
  };
}

function claudeRateLimit(limit: JsonRecord): TurnEntry {
  const status = text(limit["status"]);
  const resetsAt = finite(limit["resetsAt"]);
  const kind = text(limit["rateLimitType"]);
  const utilization = finite(limit["utilization"]);
  return {
    kind: "rate-limit",
    state: status === "rejected" ? "hit" : status === "allowed" ? "lifted" : "warning",
    provider: "anthropic",
    ...(resetsAt === undefined ? {} : { resetsAt: asMilliseconds(resetsAt) }),
    ...(kind ? { limit: kind } : {}),
    ...(utilization === undefined ? {} : { utilization }),
  };
}

/** Claude tells epoch seconds. What is large enough to be milliseconds of our time is taken for them. */
function asMilliseconds(epoch: number): number {
  return epoch < 1e11 ? epoch * 1_000 : epoch;
}

const TOKEN_FIELDS = [
  "inputTokens",
  "outputTokens",
  "totalTokens",
  "cachedReadTokens",
  "cachedWriteTokens",
  "thoughtTokens",
] as const;

function tokenCounts(values: JsonRecord): TurnUsage {
  const counts: TurnUsage = {};
  for (const field of TOKEN_FIELDS) {
    const value = count(values[field]);
    if (value !== undefined) counts[field] = value;
  }
  return counts;
}

function readCost(value: unknown): { amount: number; currency: string } | undefined {
  const amount = finite(record(value)["amount"]);
  const currency = text(record(value)["currency"]);
  return amount !== undefined && currency ? { amount, currency: currency.slice(0, 8) } : undefined;
}
