/** An attempt's worktree and branch: made, made again after a crash in the middle, and taken away. */
import { existsSync, lstatSync, readFileSync, rmSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { GitError, type Git, type GitPlace } from "./run-git.ts";

/** Where an attempt lives. The folder's name is the attempt's id, and git names its own folder after it. */
export interface Worktree {
  /** The repository's own folder: `.git`, or the repository itself where it is bare. */
  gitDir: string;
  path: string;
  branch: string;
}

/** The worktree's folder within the repository: its HEAD and index. Named by us, never read from the worktree. */
export function placeOf({ gitDir, path }: Worktree): GitPlace {
  return { gitDir: join(gitDir, "worktrees", nameOf(path)), workTree: path };
}

/** The repository behind a path that its owner configured. Throws a GitError where there is none. */
export function findGitDir(path: string): string {
  const inside = join(path, ".git");
  if (!existsSync(inside)) {
    if (existsSync(join(path, "HEAD")) && existsSync(join(path, "objects"))) return path;
    throw new GitError(`There is no git repository at ${path}.`, null);
  }
  if (lstatSync(inside).isDirectory()) return inside;
  const [, named] = /^gitdir: (.*)\n?$/.exec(readFileSync(inside, "utf8")) ?? [];
  if (!named) throw new GitError(`There is no git repository at ${path}.`, null);
  const folder = isAbsolute(named) ? named : resolve(path, named);
  const common = join(folder, "commondir");
  return existsSync(common) ? resolve(folder, readFileSync(common, "utf8").trim()) : folder;
}

/** Makes worktree and branch, at the head of `base`. Answers with that commit. What a crash left of them is removed before. */
export async function makeWorktree(git: Git, worktree: Worktree, base: string): Promise<string> {
  const { gitDir, path, branch } = worktree;
  const baseCommit = await headOf(git, gitDir, base);
  if (baseCommit === null) throw new GitError(`The repository has no branch ${base}.`, null);
  await removeWorktree(git, worktree);
  // Locked: a worktree whose `.git` an agent removed would be pruned by anybody's `git gc`.
  const add = ["worktree", "add", "--quiet", "--lock", "--no-track", "-b", branch, "--", path, baseCommit];
  await git({ gitDir }, add);
  return baseCommit;
}

/** Takes worktree and branch away, as far as they are there. The remote's branch stays. */
export async function removeWorktree(git: Git, worktree: Worktree): Promise<void> {
  const { gitDir, path, branch } = worktree;
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  // As `git worktree remove` does, but that looks into the worktree first.
  rmSync(placeOf(worktree).gitDir, { recursive: true, force: true });
  await git({ gitDir }, ["update-ref", "-d", `refs/heads/${branch}`]);
}

/** The commit that a branch is at; null where there is no such branch. */
export async function headOf(git: Git, gitDir: string, branch: string): Promise<string | null> {
  const name = `refs/heads/${branch}^{commit}`;
  const { code, stdout } = await git({ gitDir }, ["rev-parse", "--verify", "--quiet", "--end-of-options", name], {
    accepts: [0, 1],
  });
  return code === 0 ? stdout.trim() : null;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
