/** What a turn used: tokens, how full the context is, and what it cost. */
import type { TurnView } from "@signalbox/catalog/turn-view";
import { moneyWords, tokenWords } from "../../lib/format/usage-words.ts";

export function UsageLine({ usage }: { usage: TurnView["usage"] }) {
  const counted = usage.turn ?? usage.step;
  const context = usage.context;
  const facts = [
    counted?.inputTokens === undefined ? null : `${tokenWords(counted.inputTokens)} in`,
    counted?.outputTokens === undefined ? null : `${tokenWords(counted.outputTokens)} out`,
    counted?.inputTokens === undefined && counted?.totalTokens !== undefined
      ? `${tokenWords(counted.totalTokens)} tokens`
      : null,
    context?.used === undefined || !context.size
      ? null
      : `context ${Math.round((100 * context.used) / context.size)} %`,
    counted?.cost ? moneyWords(counted.cost.amount, counted.cost.currency) : null,
  ].filter((fact) => fact !== null);
  if (facts.length === 0) return null;
  return (
    <p aria-label="Usage" className="text-2xs text-faint">
      {facts.join(" · ")}
    </p>
  );
}
