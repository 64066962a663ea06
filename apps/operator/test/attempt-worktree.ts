/** A repository with an attempt at it, as the operator makes it: a worktree on a branch of its own, and its git. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { mergeBranch, type MadeMerge, type MergeOutcome } from "../src/git/merge-branch.ts";
import { createGit } from "../src/git/run-git.ts";
import { findGitDir, makeWorktree, type Worktree } from "../src/git/worktree.ts";
import { makeRepository } from "./git-repository.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const WORDS = {
  author: { name: "Agent", email: "agent@example.com" },
  message: "Tidy\n\nSignalbox-Attempt: a1\n",
};

export async function setUpAttempt(files?: Record<string, string | Buffer>) {
  const path = makeRepository(files);
  const dir = temporaryFolder();
  const git = createGit({ emptyDir: join(dir, "nowhere"), signal: new AbortController().signal });
  mkdirSync(join(dir, "worktrees"));
  const gitDir = findGitDir(path);
  const worktree: Worktree = { gitDir, path: join(dir, "worktrees", "a1"), branch: "signalbox/tidy-a1" };
  const baseCommit = await makeWorktree(git, worktree, "main");
  const merge = (made: MadeMerge | null = null, noteMade = (_: MadeMerge) => {}): Promise<MergeOutcome> =>
    mergeBranch(
      git,
      { gitDir, worktree: worktree.path, branch: worktree.branch, base: "main", words: WORDS },
      { made, noteMade },
    );
  return { path, dir, git, gitDir, worktree, baseCommit, merge };
}
