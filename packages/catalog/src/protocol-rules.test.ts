/** Each numbered rule of docs/protocol.md is named, in brackets, by at least one test somewhere; and no test names a rule that is not there. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const RULE = /\[([A-Z]{2}\d+)\]/g;

const rules = [...readFileSync(join(ROOT, "docs/protocol.md"), "utf8").matchAll(/^- \*\*([A-Z]{2}\d+)\*\*/gm)].map(
  (match) => match[1] ?? "",
);
const named = new Map<string, string>();
for (const path of globSync("{packages,apps,tooling}/*/{src,test}/**/*.test.{ts,tsx}", { cwd: ROOT }).concat(
  globSync("e2e/tests/*.spec.ts", { cwd: ROOT }),
)) {
  if (path.endsWith("protocol-rules.test.ts")) continue;
  for (const [, rule] of readFileSync(join(ROOT, path), "utf8").matchAll(RULE)) if (rule) named.set(rule, path);
}

it("finds the rules, each once", () => {
  expect(rules.length).toBeGreaterThan(50);
  expect(new Set(rules).size).toBe(rules.length);
});

it("finds a test for every rule", () => {
  expect(rules.filter((rule) => !named.has(rule))).toEqual([]);
});

it("finds no test of a rule that is not written", () => {
  expect([...named.keys()].filter((rule) => !rules.includes(rule))).toEqual([]);
});
