import { expect, test } from "vitest";
import { GitError } from "../git/run-git.ts";
import { wordsOfProblem } from "./problem-words.ts";

test("words of a problem are cut to what a report takes, and hold nothing that can't be stored", () => {
  expect(wordsOfProblem(new GitError("git push: no", 1))).toBe("git push: no");
  expect(wordsOfProblem("a\0b")).toBe("a\ufffdb");
  const words = wordsOfProblem(new Error(`${"x".repeat(999)}\u{1F6A6}`));
  expect(words).toBe(`${"x".repeat(999)}\ufffd`);
});
