import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commitWork, countPending } from "../src/git/commit-work.ts";
import { mergeBranch, type MadeMerge } from "../src/git/merge-branch.ts";
import { pushBranch } from "../src/git/push-branch.ts";
import { readDiff } from "../src/git/read-diff.ts";
import { createGit } from "../src/git/run-git.ts";
import { findGitDir, makeWorktree, placeOf, removeWorktree } from "../src/git/worktree.ts";
import { setUpAttempt as setUp, WORDS } from "./attempt-worktree.ts";
import { commitAll, makeRemote, makeRepository, plainGit, write } from "./git-repository.ts";
import { makeTraps, PICKS_TRAPS } from "./git-traps.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test("what an agent left is committed as configured, on the attempt's branch alone, and read as a diff", async () => {
  const moved = Array.from({ length: 30 }, (_, line) => `line ${line}`).join("\n");
  const { path, git, gitDir, worktree, baseCommit } = await setUp({
    "README.md": "# Shop\n\nold\n",
    "gone.txt": "away\n",
    "old name.txt": moved,
    ".gitignore": "secret\n",
  });
  rmSync(join(worktree.path, "gone.txt"));
  renameSync(join(worktree.path, "old name.txt"), join(worktree.path, "new näme.txt"));
  write(worktree.path, {
    "README.md": "# Shop\n\nnew\ndiff --git a/x b/x\n",
    "src/added.ts": "export {};\n",
    "image.bin": Buffer.from([0, 1, 2, 0, 255]),
    secret: "no",
  });
  expect(await countPending(git, worktree)).toBe(6);
  const head = await commitWork(git, worktree, WORDS);
  expect(plainGit(path, "rev-parse", "main")).toBe(baseCommit);
  expect(plainGit(path, "rev-parse", worktree.branch)).toBe(head);
  expect(plainGit(path, "log", "-1", "--format=%an %ae|%s|%(trailers:key=Signalbox-Attempt,valueonly)", head)).toBe(
    "Agent agent@example.com|Tidy|a1",
  );
  const { stats, diff } = await readDiff(git, gitDir, { from: baseCommit, to: head });
  expect(stats).toEqual({ files: 5, additions: 3, deletions: 2 });
  expect(diff.isCut).toBe(false);
  expect(
    diff.files.map(({ path: name, change, oldPath, isBinary, patch }) => [
      name,
      change,
      oldPath,
      isBinary,
      patch !== null,
    ]),
  ).toEqual([
    ["README.md", "modified", undefined, false, true],
    ["gone.txt", "deleted", undefined, false, true],
    ["image.bin", "added", undefined, true, false],
    ["new näme.txt", "renamed", "old name.txt", false, false],
    ["src/added.ts", "added", undefined, false, true],
  ]);
  expect(diff.files[0]?.patch).toBe("@@ -1,3 +1,4 @@\n # Shop\n \n-old\n+new\n+diff --git a/x b/x\n");
  // Once more changes nothing: there is nothing to commit.
  expect(await commitWork(git, worktree, WORDS)).toBe(head);
});

test("what the agent committed by itself, or staged, or left locked, is in the branch just the same", async () => {
  const { git, worktree } = await setUp();
  commitAll(worktree.path, { "one.txt": "1\n" }, "By the agent");
  write(worktree.path, { "two.txt": "2\n" });
  write(placeOf(worktree).gitDir, { "index.lock": "" });
  const head = await commitWork(git, worktree, WORDS);
  expect(plainGit(worktree.path, "log", "--format=%s", head)).toBe("Tidy\nBy the agent\nBegin");
  expect(plainGit(worktree.path, "ls-tree", "--name-only", head)).toBe("README.md\none.txt\ntwo.txt");
});

test("[OP18] nothing that an agent wrote is run by git: not its .git, nor hooks, filters, drivers or repositories within", async () => {
  const { path, dir, git, gitDir, worktree, baseCommit, merge } = await setUp();
  const remote = makeRemote(path);
  const traps = makeTraps(dir);
  // A repository that the agent made in the worktree, one that it made the worktree's own, and even the owner's.
  const nested = join(worktree.path, "nested");
  mkdirSync(nested);
  plainGit(nested, "init", "--quiet");
  commitAll(nested, { "inside.txt": "1\n" }, "Inside");
  commitAll(path, { "README.md": "# Shop of the base\n" }, "Base goes on");
  const own = join(worktree.path, ".own");
  plainGit(worktree.path, "init", "--quiet", own);
  const trusted = readFileSync(join(worktree.path, ".git"), "utf8");
  rmSync(join(worktree.path, ".git"));
  write(worktree.path, {
    ".git": `gitdir: ${join(own, ".git")}\n`,
    ".gitattributes": PICKS_TRAPS,
    ".gitmodules": '[submodule "nested"]\n\tpath = nested\n\turl = ext::sh -c touch% ran\n\tignore = none\n',
    "work.txt": "done\n",
  });
  for (const repository of [join(nested, ".git"), join(own, ".git"), gitDir]) traps.arm(repository);

  // The traps work: plain git steps into them.
  plainGit(worktree.path, "status");
  expect(traps.sprung()).toContain("trap.sh");

  expect(await countPending(git, worktree)).toBeGreaterThan(0);
  const head = await commitWork(git, worktree, WORDS);
  await readDiff(git, gitDir, { from: baseCommit, to: head });
  const carrier = join(dir, "push");
  const target = { gitDir, address: remote, forge: undefined, carrier };
  await pushBranch(git, target, { branch: worktree.branch, commit: head });
  expect(existsSync(carrier)).toBe(false);
  expect(traps.sprung()).toBe("nothing ran");
  expect(await countPending(git, worktree)).toBe(2);
  // Again, with the nested repository as a submodule of the branch: git would ask it for its state.
  const link = plainGit(nested, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "rev-parse", "HEAD");
  expect(traps.sprung()).toBe("nothing ran");
  await git(placeOf(worktree), ["update-index", "--add", "--cacheinfo", `160000,${link},nested`]);
  const tree = (await git(placeOf(worktree), ["write-tree"])).stdout.trim();
  const asSubmodule = (
    await git({ gitDir }, ["commit-tree", tree, "-p", head], {
      input: "Link",
      env: { GIT_AUTHOR_NAME: "A", GIT_AUTHOR_EMAIL: "a@b.c", GIT_COMMITTER_NAME: "A", GIT_COMMITTER_EMAIL: "a@b.c" },
    })
  ).stdout.trim();
  await git({ gitDir }, ["update-ref", `refs/heads/${worktree.branch}`, asSubmodule]);
  write(nested, { "inside.txt": "2\n", "more.txt": "3\n" });
  write(worktree.path, { "work.txt": "more\n" });
  await countPending(git, worktree);
  const last = await commitWork(git, worktree, WORDS);
  await readDiff(git, gitDir, { from: baseCommit, to: last });
  expect((await merge()).kind).toBe("merged");
  await removeWorktree(git, worktree);
  expect(traps.sprung()).toBe("nothing ran");

  expect(trusted).toContain(gitDir);
  expect(plainGit(remote, "show", `${worktree.branch}:work.txt`)).toBe("done");
  expect(plainGit(remote, "ls-tree", "-r", "--name-only", worktree.branch)).not.toContain("inside.txt");
  expect(readFileSync(join(path, "work.txt"), "utf8")).toBe("more\n");
});

test("a merge moves the base, and its files where it is checked out; the branch goes with the worktree", async () => {
  const { path, git, worktree, baseCommit, merge } = await setUp();
  write(worktree.path, { "work.txt": "done\n" });
  const head = await commitWork(git, worktree, WORDS);
  const other = commitAll(path, { "other.txt": "meanwhile\n" }, "Meanwhile");
  const merged = await merge();
  expect(merged.kind).toBe("merged");
  expect(plainGit(path, "log", "-1", "--format=%P|%an", "main")).toBe(`${other} ${head}|Agent`);
  expect(plainGit(path, "status", "--porcelain")).toBe("");
  expect(readFileSync(join(path, "work.txt"), "utf8")).toBe("done\n");
  await removeWorktree(git, worktree);
  expect(plainGit(path, "branch", "--list", "signalbox/*")).toBe("");
  expect(plainGit(path, "worktree", "list").split("\n")).toHaveLength(1);
  expect(baseCommit).not.toBe(other);
});

test("a merge that can't be is refused with the files, and nothing has moved", async () => {
  const { path, git, worktree, merge } = await setUp();
  expect(await merge()).toMatchObject({ kind: "refused", code: "nothing-to-merge" });
  write(worktree.path, { "README.md": "# Mine\n", "new.txt": "of the branch\n" });
  await commitWork(git, worktree, WORDS);

  write(path, { "new.txt": "in the way, not tracked\n" });
  expect(await merge()).toEqual({ kind: "refused", code: "base-dirty", files: ["new.txt"] });
  rmSync(join(path, "new.txt"));

  write(path, { "README.md": "# Not committed\n" });
  expect(await merge()).toEqual({ kind: "refused", code: "base-dirty", files: ["README.md"] });
  expect(readFileSync(join(path, "README.md"), "utf8")).toBe("# Not committed\n");

  const theirs = commitAll(path, {}, "Theirs");
  expect(await merge()).toEqual({ kind: "refused", code: "conflict", files: ["README.md"] });
  expect(plainGit(path, "rev-parse", "main")).toBe(theirs);
});

test("a merge whose ref moved before a crash is finished, not made again", async () => {
  const { path, git, worktree, merge } = await setUp();
  write(worktree.path, { "work.txt": "done\n" });
  await commitWork(git, worktree, WORDS);
  let made: MadeMerge | null = null;
  await expect(
    merge(null, (noted) => {
      made = noted;
      plainGit(path, "update-ref", "refs/heads/main", noted.commit, noted.from);
      throw new Error("killed");
    }),
  ).rejects.toThrow("killed");
  expect(existsSync(join(path, "work.txt"))).toBe(false);
  expect(await merge(made)).toMatchObject({ kind: "merged" });
  expect(plainGit(path, "status", "--porcelain")).toBe("");
  expect(plainGit(path, "log", "--format=%s", "--merges", "main").split("\n")).toHaveLength(1);
});

test("a bare repository, and a worktree that was half made, are as good as any", async () => {
  const path = makeRepository();
  const bare = makeRemote(path);
  const dir = temporaryFolder();
  const git = createGit({ emptyDir: join(dir, "nowhere"), signal: new AbortController().signal });
  const worktree = { gitDir: findGitDir(bare), path: join(dir, "worktrees", "a1"), branch: "signalbox/tidy-a1" };
  await makeWorktree(git, worktree, "main");
  rmSync(join(worktree.path, "README.md"));
  await makeWorktree(git, worktree, "main");
  // An agent may take the base into its worktree here; that is no checkout which has to follow.
  plainGit(worktree.path, "checkout", "--quiet", "main");
  write(worktree.path, { "work.txt": "done\n" });
  await commitWork(git, worktree, WORDS);
  const request = { gitDir: bare, worktree: worktree.path, branch: worktree.branch, base: "main", words: WORDS };
  expect(await mergeBranch(git, request, { made: null, noteMade: () => {} })).toMatchObject({ kind: "merged" });
  expect(plainGit(bare, "show", "main:work.txt")).toBe("done");
  expect(plainGit(bare, "show", "main:README.md")).toBe("# Shop");
});
