import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DiffLine, diffLines, withContext } from "./diff-lines.ts";

const sign = { same: " ", added: "+", removed: "-" } as const;
const written = (diff: readonly (DiffLine | null)[]) =>
  diff.map((line) => (line ? sign[line.kind] + line.text : "…")).join("\n");
const text = fc
  .array(fc.constantFrom("a", "b", "c", ""), { maxLength: 14 })
  .map((lines) => lines.map((line) => `${line}\n`).join(""));

describe("what changed between two texts", () => {
  it("marks the changed line and keeps the rest", () => {
    expect(written(diffLines("one\ntwo\nthree\n", "one\n2\nthree\n"))).toBe(" one\n-two\n+2\n three");
  });

  it("a new file is all added, a removed one all removed", () => {
    expect(written(diffLines("", "x\ny\n"))).toBe("+x\n+y");
    expect(written(diffLines("x\n", ""))).toBe("-x");
  });

  it("without its added lines it is the old text, without its removed lines the new one", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const diff = diffLines(before, after);
        const side = (dropped: DiffLine["kind"]) =>
          diff
            .filter(({ kind }) => kind !== dropped)
            .map((line) => `${line.text}\n`)
            .join("");
        expect(side("added")).toBe(before);
        expect(side("removed")).toBe(after);
      }),
    );
  });

  it("texts too long to compare are shown whole, and fast", () => {
    const long = Array.from({ length: 5_000 }, (_, line) => `old ${line}`).join("\n");
    expect(diffLines(long, long.replaceAll("old", "new"))).toHaveLength(10_000);
  });

  it("leaves out what is far from a change, and marks the gap", () => {
    const diff = diffLines("1\n2\n3\n4\n5\n6\n7\n", "1\n2\n3\n4\n5\n6\nseven\n");
    expect(written(withContext(diff, 1))).toBe("…\n 6\n-7\n+seven");
  });
});
