/** What a turn used: tokens, how full the context is, and what it cost. */
import type { TurnView } from "@signalbox/catalog/turn-view";

export function UsageLine({ usage }: { usage: TurnView["usage"] }) {
  const counted = usage.turn ?? usage.step;
  const context = usage.context;
  const facts = [
    counted?.inputTokens === undefined ? null : `${tokens(counted.inputTokens)} in`,
    counted?.outputTokens === undefined ? null : `${tokens(counted.outputTokens)} out`,
    counted?.inputTokens === undefined && counted?.totalTokens !== undefined
      ? `${tokens(counted.totalTokens)} tokens`
      : null,
    context?.used === undefined || !context.size
      ? null
      : `context ${Math.round((100 * context.used) / context.size)} %`,
    counted?.cost ? money(counted.cost) : null,
  ].filter((fact) => fact !== null);
  if (facts.length === 0) return null;
  return (
    <p aria-label="Usage" className="text-2xs text-faint">
      {facts.join(" · ")}
    </p>
  );
}

function tokens(count: number): string {
  if (count < 1_000) return String(count);
  return count < 1_000_000
    ? `${(count / 1_000).toFixed(count < 10_000 ? 1 : 0)} k`
    : `${(count / 1_000_000).toFixed(1)} M`;
}

function money({ amount, currency }: { amount: number; currency: string }): string {
  return `${currency === "USD" ? "$" : `${currency} `}${amount.toFixed(amount > 0 && amount < 0.1 ? 4 : 2)}`;
}
