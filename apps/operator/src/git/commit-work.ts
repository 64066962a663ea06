/** What an agent left in its worktree: how much it is, and its commit on the attempt's branch. Nothing in it is run. */
import { lstatSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isMountPoint, MOUNT_POINTS, removeMountPoints } from "../sandbox/mount-points.ts";
import { GitError, type Git, type GitPlace } from "./run-git.ts";
import { headOf, placeOf, type Worktree } from "./worktree.ts";

export interface CommitWords {
  author: { name: string; email: string };
  message: string;
}

/** Files that differ from the branch, new ones included; what a sandbox lays its masks on while it runs is none. */
export async function countPending(git: Git, worktree: Worktree): Promise<number> {
  const { stdout } = await git(
    { ...placeOf(worktree) },
    ["status", "--porcelain", "-z", "--untracked-files=all", "--ignore-submodules=all", "--no-renames"],
    { onTooMuch: "cut" },
  );
  const isNothing = (line: string) => line.startsWith("?? ") && isMountPoint(worktree.path, line.slice(3));
  return stdout.split("\0").filter((line) => line !== "" && !isNothing(line)).length;
}

/**
 * Commits all that is in the worktree and not ignored, when agent and sandbox have ended, and answers with the branch's head. Nothing to commit: the head as
 * it is, with what the agent committed by itself. Repositories within the worktree are left out.
 */
export async function commitWork(git: Git, worktree: Worktree, words: CommitWords): Promise<string> {
  const { gitDir, path, branch } = worktree;
  // A link in its place would have us commit what it leads to.
  if (!lstatSync(path).isDirectory()) throw new GitError("The worktree is no folder any more.", null);
  const head = await headOf(git, gitDir, branch);
  if (head === null) throw new GitError(`The branch ${branch} is gone.`, null);
  // An index of our own: the agent may have left its own locked, or with anything in it.
  const place: GitPlace = { ...placeOf(worktree), indexFile: `${placeOf(worktree).gitDir}/signalbox-index` };
  rmSync(`${place.indexFile}.lock`, { force: true });
  await git(place, ["read-tree", "--reset", head]);
  const tracked = await git(place, ["ls-files", "-z", "--", ...MOUNT_POINTS]);
  removeMountPoints(path, tracked.stdout.split("\0"));
  const left = await foreignRepositories(git, place);
  await git(place, ["add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul"], {
    input: [":(top)", ...left.map((name) => `:(top,exclude,literal)${name}`)].join("\0"),
  });
  const tree = (await git(place, ["write-tree"])).stdout.trim();
  const before = (await git({ gitDir }, ["rev-parse", "--verify", `${head}^{tree}`])).stdout.trim();
  if (tree === before) {
    adoptIndex(place);
    return head;
  }
  const { name, email } = words.author;
  const { stdout } = await git({ gitDir }, ["commit-tree", tree, "-p", head], {
    input: words.message,
    env: {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
    },
  });
  const commit = stdout.trim();
  await git({ gitDir }, ["update-ref", `refs/heads/${branch}`, commit, head]);
  adoptIndex(place);
  return commit;
}

/** The worktree's own index follows its branch: what is committed is no change any more, for a next turn's agent neither. */
function adoptIndex({ gitDir, indexFile }: GitPlace): void {
  if (!indexFile) return;
  rmSync(join(gitDir, "index.lock"), { force: true });
  renameSync(indexFile, join(gitDir, "index"));
}

/** Submodules, and repositories that the agent made: git would go into them and obey their configuration. */
async function foreignRepositories(git: Git, place: GitPlace): Promise<string[]> {
  const [tracked, untracked] = await Promise.all([
    git(place, ["ls-files", "--stage", "-z"]),
    git(place, ["ls-files", "--others", "--exclude-standard", "-z"]),
  ]);
  const links = tracked.stdout
    .split("\0")
    .filter((line) => line.startsWith("160000 "))
    .map((line) => line.slice(line.indexOf("\t") + 1));
  const nested = untracked.stdout
    .split("\0")
    .filter((name) => name.endsWith("/"))
    .map((name) => name.slice(0, -1));
  return [...links, ...nested];
}
