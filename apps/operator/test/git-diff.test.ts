import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { AttemptDiff } from "@signalbox/catalog/attempt";
import { expect, test } from "vitest";
import { commitWork } from "../src/git/commit-work.ts";
import { readDiff } from "../src/git/read-diff.ts";
import { setUpAttempt, WORDS } from "./attempt-worktree.ts";
import { commitAll, plainGit, write } from "./git-repository.ts";

/** A file, and the lines that the diff shows of it. */
function shownOf({ files }: AttemptDiff): Record<string, string | null> {
  return Object.fromEntries(files.map(({ path, patch }) => [path, patch]));
}

test("a file that became a link, or a link a file, is shown as both, and its neighbours as themselves", async () => {
  const { path, git, gitDir, worktree } = await setUpAttempt({ "a.txt": "one\ntwo\n", "z.txt": "last\n" });
  symlinkSync("z.txt", join(path, "b"));
  const from = commitAll(path, {}, "A link");
  plainGit(worktree.path, "reset", "--quiet", "--hard", from);
  rmSync(join(worktree.path, "a.txt"));
  symlinkSync("/etc/passwd", join(worktree.path, "a.txt"));
  rmSync(join(worktree.path, "b"));
  write(worktree.path, { b: "no link\n", "c.txt": "between\n", "z.txt": "last one\n" });
  const { diff, stats } = await readDiff(git, gitDir, { from, to: await commitWork(git, worktree, WORDS) });
  expect(diff.files.map(({ path: name, change }) => [name, change])).toEqual([
    ["a.txt", "retyped"],
    ["b", "retyped"],
    ["c.txt", "added"],
    ["z.txt", "modified"],
  ]);
  expect(shownOf(diff)).toEqual({
    "a.txt": "@@ -1,2 +0,0 @@\n-one\n-two\n@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n",
    b: "@@ -1 +0,0 @@\n-z.txt\n\\ No newline at end of file\n@@ -0,0 +1 @@\n+no link\n",
    "c.txt": "@@ -0,0 +1 @@\n+between\n",
    "z.txt": "@@ -1 +1 @@\n-last\n+last one\n",
  });
  expect(stats).toEqual({ files: 4, additions: 4, deletions: 4 });
});

test.each(["\r", "\u2028", "\u2029", "\u0085", "\r\u2028"])(
  "a line of a file with %j in it ends no section of the diff",
  async (separator) => {
    const { git, gitDir, worktree, baseCommit } = await setUpAttempt({ "README.md": "# Shop\n" });
    const line = `y${separator}@@ -1 +1 @@${separator}diff --git a/q b/q`;
    write(worktree.path, { "a.txt": `${line}\nrm -rf /\n`, "b.txt": "honest\n" });
    const head = await commitWork(git, worktree, WORDS);
    const { diff } = await readDiff(git, gitDir, { from: baseCommit, to: head });
    expect(shownOf(diff)).toEqual({
      "a.txt": `@@ -0,0 +1,2 @@\n+${line}\n+rm -rf /\n`,
      "b.txt": "@@ -0,0 +1 @@\n+honest\n",
    });
  },
);

test("a file of any name is shown with its own lines and counts", async () => {
  const { git, gitDir, worktree, baseCommit } = await setUpAttempt();
  const names = [
    "\tb b/\tb",
    "\nc\ndiff --git a/x b/x",
    "\rd",
    '"e"',
    "f\\g",
    "h b/h",
    "h b/h b/h",
    "i\u2028diff --git a/y b/y",
    "n\u0001m\u007f",
    "ümlaut",
  ];
  write(worktree.path, Object.fromEntries(names.map((name, index) => [name, `${name.length}\n`.repeat(index + 1)])));
  const head = await commitWork(git, worktree, WORDS);
  const { diff, stats } = await readDiff(git, gitDir, { from: baseCommit, to: head });
  expect(diff.files.map(({ path }) => path).toSorted()).toEqual(names.toSorted());
  for (const { path, patch, additions } of diff.files) {
    const lines = names.indexOf(path) + 1;
    const hunk = lines === 1 ? "@@ -0,0 +1 @@" : `@@ -0,0 +1,${lines} @@`;
    expect([path, patch, additions]).toEqual([path, `${hunk}\n${`+${path.length}\n`.repeat(lines)}`, lines]);
  }
  expect(stats.files).toBe(names.length);
});

test("a diff beyond its bound says that it is cut, and its totals are still those of all", async () => {
  const { git, gitDir, worktree, baseCommit } = await setUpAttempt();
  const line = `${"x".repeat(99)}\n`;
  for (let file = 0; file < 310; file++)
    write(worktree.path, { [`f${String(file).padStart(3, "0")}.txt`]: line.repeat(20) });
  const head = await commitWork(git, worktree, WORDS);
  const { stats, diff } = await readDiff(git, gitDir, { from: baseCommit, to: head });
  expect(stats).toEqual({ files: 310, additions: 6_200, deletions: 0 });
  expect(diff.isCut).toBe(true);
  expect(diff.files).toHaveLength(300);
  const shown = diff.files.filter(({ patch }) => patch !== null);
  expect(shown.length).toBeGreaterThan(50);
  expect(shown.every(({ patch }) => patch?.endsWith(`+${line}`))).toBe(true);
});

test("a diff of control characters and NULs fits into a message, and can be stored", async () => {
  const { git, gitDir, worktree, baseCommit } = await setUpAttempt();
  write(worktree.path, { "a.txt": `${"text\n".repeat(4_000)}\0\n`, "b.txt": `${"\u0001".repeat(99)}\n`.repeat(2_000) });
  const head = await commitWork(git, worktree, WORDS);
  const { diff } = await readDiff(git, gitDir, { from: baseCommit, to: head });
  expect(Buffer.byteLength(JSON.stringify(diff))).toBeLessThan(600_000);
  expect(diff.isCut).toBe(true);
  expect(diff.files.map(({ path: name, patch }) => [name, patch !== null])).toEqual([
    ["a.txt", true],
    ["b.txt", false],
  ]);
  expect(diff.files[0]?.patch).toMatch(/\+\ufffd\n$/);
});
