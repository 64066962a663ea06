import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createPrices } from "./prices.ts";

function scene() {
  const dataDir = mkdtempSync(join(tmpdir(), "signalbox-prices-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const lines: string[] = [];
  const prices = createPrices({ dataDir, onProblem: (line) => lines.push(line) });
  return { prices, lines, write: (text: string) => writeFileSync(join(dataDir, "prices.json"), text) };
}

it("has no prices without a file, and takes one up that comes", async () => {
  const { prices, lines, write } = scene();
  expect(await prices.current()).toMatchObject({ currency: "USD", problem: null });
  expect((await prices.current()).priceOf("m")).toBeNull();
  write('{"currency": "EUR", "models": {"m": {"input": "2.5", "output": 10, "cachedRead": "0.000001"}}}');
  const list = await prices.current();
  expect(list.currency).toBe("EUR");
  expect(list.priceOf("m")).toEqual({
    input: 2_500_000n,
    cachedRead: 1n,
    cachedWrite: 2_500_000n,
    output: 10_000_000n,
  });
  expect(lines).toEqual([]);
});

it("finds a model by its name, else by the longest beginning", async () => {
  const { prices, write } = scene();
  const of = (input: number) => ({ input, output: 0 });
  write(JSON.stringify({ models: { "m*": of(1), "m-large*": of(2), "m-large-1": of(3), constructor: of(4) } }));
  const { priceOf } = await prices.current();
  const found = ["m-small", "m-large-2", "m-large-1", "m*", "other", "toString", "constructor"].map(
    (model) => priceOf(model)?.input ?? null,
  );
  expect(found).toEqual([1_000_000n, 2_000_000n, 3_000_000n, 1_000_000n, null, null, 4_000_000n]);
});

it.each([
  ["{", /not JSON/],
  ['{"models": {"m": {"input": "dear", "output": "1"}}}', /models\.m\.input: must be a price/],
  ['{"models": {"m": {"input": "0.0000001", "output": "1"}}}', /models\.m\.input: must be a price/],
  ['{"models": {"m": {"input": "-1", "output": "1"}}}', /models\.m\.input: must be a price/],
  ['{"models": {"m": {"input": "1"}}}', /models\.m\.output/],
  ['{"models": {"m": {"input": "1", "output": "1", "typo": "1"}}}', /models\.m: .*typo/],
  ['{"currency": "Dollar", "models": {}}', /currency: must be three capitals/],
  ["[]", /prices\.json: /],
])("says once, in one line, what is wrong with %s, and keeps the prices before it", async (broken, problem) => {
  const { prices, lines, write } = scene();
  write('{"models": {"m": {"input": "1", "output": "1"}}}');
  await prices.current();
  write(broken);
  for (let reads = 0; reads < 3; reads += 1) {
    const list = await prices.current();
    expect(list.problem).toMatch(problem);
    expect(list.priceOf("m")?.input).toBe(1_000_000n);
  }
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^prices\.json: [^\n]+$/);
  write('{"models": {"mended": {"input": "1", "output": "1"}}}');
  expect(await prices.current()).toMatchObject({ problem: null });
});
