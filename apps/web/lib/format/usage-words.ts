/** Tokens and money in words. Pure. Figures are rounded here for the eye alone: nothing is added up from them. */
import type { UsagePeriod } from "@signalbox/catalog/usage";

export const USAGE_PERIOD_WORDS: Record<UsagePeriod, string> = { "24h": "24 hours", "7d": "7 days", "30d": "30 days" };

/** "950", "1.3 k", "12 k", "4.2 M" */
export function tokenWords(count: number): string {
  if (count < 1_000) return String(count);
  return count < 1_000_000
    ? `${(count / 1_000).toFixed(count < 10_000 ? 1 : 0)} k`
    : `${(count / 1_000_000).toFixed(1)} M`;
}

/** "$0.0042", "$12.40", "EUR 3.00": small amounts with four places. */
export function moneyWords(amount: number | string, currency: string): string {
  const value = Number(amount);
  return `${currency === "USD" ? "$" : `${currency} `}${value.toFixed(value > 0 && value < 0.1 ? 4 : 2)}`;
}

interface Cost {
  cost: string;
  unpricedTokens: number;
  totalTokens: number;
}

/** A cost with what it leaves out: what has no price is never shown as free. */
export function costWords({ cost, unpricedTokens, totalTokens }: Cost, currency: string): string {
  if (unpricedTokens > 0 && unpricedTokens === totalTokens) return "unpriced";
  return unpricedTokens > 0 ? `${moneyWords(cost, currency)} + unpriced` : moneyWords(cost, currency);
}
