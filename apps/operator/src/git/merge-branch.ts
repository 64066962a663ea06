/**
 * Merges an attempt's branch into its base without a work tree; where the base is checked out, its files follow. The merge
 * counts from the moment that the base's ref moved, which happens only if it still stands where it was.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Git } from "./run-git.ts";
import { headOf } from "./worktree.ts";
import type { CommitWords } from "./commit-work.ts";

export interface MergeRequest {
  gitDir: string;
  /** The attempt's own. */
  worktree: string;
  branch: string;
  base: string;
  words: CommitWords;
}

/** A merge that was made and whose ref may have moved: written down before it does, so that it can be finished. */
export interface MadeMerge {
  from: string;
  commit: string;
}

export type MergeOutcome =
  | { kind: "merged"; commit: string }
  | { kind: "refused"; code: "conflict" | "base-dirty" | "nothing-to-merge"; files: string[] };

/** `noteMade` is awaited before the base's ref moves; `made` is what it was told before a crash. */
export async function mergeBranch(
  git: Git,
  { gitDir, worktree, branch, base, words }: MergeRequest,
  { made, noteMade }: { made: MadeMerge | null; noteMade(made: MadeMerge): void },
): Promise<MergeOutcome> {
  const [from, head] = [await headOf(git, gitDir, base), await headOf(git, gitDir, branch)];
  const checkedOut = await checkoutOf(git, { gitDir, worktree, base });
  if (made && from === made.commit) {
    if (checkedOut) await git(checkedOut, follow(made.from, made.commit));
    return { kind: "merged", commit: made.commit };
  }
  if (from === null || head === null) return { kind: "refused", code: "nothing-to-merge", files: [] };
  const { stdout: common } = await git({ gitDir }, ["merge-base", from, head]);
  if (common.trim() === head) return { kind: "refused", code: "nothing-to-merge", files: [] };

  const merged = await git(
    { gitDir },
    ["merge-tree", "--write-tree", "--no-messages", "--name-only", "-z", from, head],
    { accepts: [0, 1] },
  );
  const [tree = "", ...names] = merged.stdout.split("\0");
  if (merged.code === 1) return { kind: "refused", code: "conflict", files: distinct(names) };
  if (checkedOut) {
    const dirty = await git(checkedOut, [
      "status",
      "--porcelain",
      "-z",
      "--untracked-files=no",
      "--ignore-submodules=all",
    ]);
    const files = dirty.stdout.split("\0").map((line) => line.slice(3));
    if (distinct(files).length > 0) return { kind: "refused", code: "base-dirty", files: distinct(files) };
  }
  const { name, email } = words.author;
  const env = { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
  const { stdout } = await git({ gitDir }, ["commit-tree", tree, "-p", from, "-p", head], {
    input: words.message,
    env,
  });
  const commit = stdout.trim();
  if (checkedOut) {
    // Tried first: files that are not tracked and stand where new ones would come.
    const trial = await git(checkedOut, [...follow(from, commit), "-n"], { accepts: [0, 1, 128] });
    if (trial.code !== 0) return { kind: "refused", code: "base-dirty", files: await added(git, gitDir, from, commit) };
  }
  noteMade({ from, commit });
  await git({ gitDir }, ["update-ref", "-m", `merge ${branch}`, `refs/heads/${base}`, commit, from]);
  if (checkedOut) await git(checkedOut, follow(from, commit));
  return { kind: "merged", commit };
}

function follow(from: string, to: string): string[] {
  return ["read-tree", "-m", "-u", from, to];
}

/**
 * The work tree in which the base is checked out, but for the attempt's own: what stands there is gone with it. Found in
 * the repository's folder, and not through the `.git` of a work tree.
 */
async function checkoutOf(git: Git, { gitDir, worktree, base }: Pick<MergeRequest, "gitDir" | "worktree" | "base">) {
  const isAt = (folder: string) => contentOf(join(folder, "HEAD")) === `ref: refs/heads/${base}`;
  if (basename(gitDir) === ".git" && isAt(gitDir)) {
    const bare = await git({ gitDir }, ["config", "--bool", "core.bare"], { accepts: [0, 1] });
    return bare.stdout.trim() === "true" ? null : { gitDir, workTree: dirname(gitDir) };
  }
  for (const name of listOf(join(gitDir, "worktrees"))) {
    const folder = join(gitDir, "worktrees", name);
    const workTree = dirname(contentOf(join(folder, "gitdir")));
    if (isAt(folder) && workTree !== worktree && existsSync(workTree)) return { gitDir: folder, workTree };
  }
  return null;
}

function contentOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8").trim() : "";
}

function listOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

async function added(git: Git, gitDir: string, from: string, to: string): Promise<string[]> {
  const { stdout } = await git({ gitDir }, ["diff-tree", "-r", "-z", "--name-only", "--diff-filter=A", from, to, "--"]);
  return distinct(stdout.split("\0"));
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names.filter((name) => name !== ""))];
}
