import { expect, it } from "vitest";
import { costWords, moneyWords, tokenWords } from "./usage-words.ts";

it.each([
  [0, "0"],
  [999, "999"],
  [1_250, "1.3 k"],
  [12_400, "12 k"],
  [4_230_000, "4.2 M"],
])("%d tokens are %s", (count, words) => {
  expect(tokenWords(count)).toBe(words);
});

it.each([
  ["0.000000", "USD", "$0.00"],
  ["0.004200", "USD", "$0.0042"],
  ["12.399999", "USD", "$12.40"],
  ["3.000000", "EUR", "EUR 3.00"],
])("%s %s is %s", (amount, currency, words) => {
  expect(moneyWords(amount, currency)).toBe(words);
});

it("what has no price is unpriced, and never free", () => {
  const cost = (unpricedTokens: number, amount = "0.000000") =>
    costWords({ cost: amount, unpricedTokens, totalTokens: 100 }, "USD");
  expect([cost(100), cost(40, "0.500000"), cost(0)]).toEqual(["unpriced", "$0.50 + unpriced", "$0.00"]);
});
