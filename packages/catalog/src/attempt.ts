/** An attempt: an agent's try at one plan, in a git worktree beside an operator. What host and operator say of it. */
import { z } from "zod";
import { DIFF_FILES_MAX, DIFF_MAX_LENGTH, ROWS_PER_LIST, TITLE_MAX } from "./bounds.ts";

const Id = z.string().min(1).max(64);
const Count = z.number().int().nonnegative();
/** A commit's name: SHA-1 or SHA-256. */
const Commit = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);
const Path = z.string().min(1).max(4_096);
const Address = z.url({ protocol: /^https?$/ }).max(2_000);

/**
 * `running`: the agent works, or its work is being committed. `ready`: it can be looked at, accepted or discarded.
 * `merging`, `discarding`: the operator was asked to, and has not answered. `merged`, `discarded` are final.
 */
export const ATTEMPT_STATUSES = ["running", "ready", "merging", "merged", "discarding", "discarded", "failed"] as const;
export type AttemptStatus = (typeof ATTEMPT_STATUSES)[number];

/** A repository that an operator's owner opened to attempts. Its path is known to the operator alone. */
export const Repository = z.object({
  name: z.string().min(1).max(100),
  /** The branch that attempts start from, and are merged into. */
  base: z.string().min(1).max(200),
});
export type Repository = z.infer<typeof Repository>;

/** Branches of attempts have names of their own: no plan's title can become an option, a path or another's branch. */
const AttemptBranch = z.string().regex(/^signalbox\/[a-z0-9][a-z0-9-]{0,80}$/);

/** The branch of an attempt: its plan's title in plain letters, and enough of its id to be its own. */
export function attemptBranch({ id, title }: { id: string; title: string }): string {
  const plain = (text: string) =>
    text
      .normalize("NFKD")
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-");
  const words = plain(title)
    .slice(0, 48)
    .replaceAll(/^-+|-+$/g, "");
  return `signalbox/${words === "" ? "attempt" : words}-${plain(id).replaceAll("-", "").slice(0, 8)}`;
}

export const AttemptStart = z.object({
  attemptId: Id,
  repository: Repository.shape.name,
  branch: AttemptBranch,
  /** The plan's title: the first line of commits, the title of a pull request. */
  title: z.string().min(1).max(TITLE_MAX),
  /** The plan's page. */
  link: Address,
});
export type AttemptStart = z.infer<typeof AttemptStart>;

export const DiffStats = z.object({ files: Count, additions: Count, deletions: Count });
export type DiffStats = z.infer<typeof DiffStats>;

const DiffFile = z.object({
  path: Path,
  /** Where it was before, for a file that was renamed. */
  oldPath: Path.optional(),
  change: z.enum(["added", "modified", "deleted", "renamed", "retyped"]),
  isBinary: z.boolean(),
  additions: Count,
  deletions: Count,
  /** Its hunks in git's unified form; null where there are none to show, or they are too long. */
  patch: z.string().max(DIFF_MAX_LENGTH).nullable(),
});
export type DiffFile = z.infer<typeof DiffFile>;

/** What a branch changes since it left its base. */
export const AttemptDiff = z.object({
  commit: Commit,
  files: z.array(DiffFile).max(DIFF_FILES_MAX),
  /** There is more than is told here: further files, or hunks that were left out. */
  isCut: z.boolean(),
});
export type AttemptDiff = z.infer<typeof AttemptDiff>;

/** Why an attempt is not what it should be, in words for a person. */
export const AttemptProblem = z.object({ code: z.string().max(60), message: z.string().max(1_000) });
export type AttemptProblem = z.infer<typeof AttemptProblem>;

/** Everything that an operator knows of an attempt, each time whole. */
export const AttemptReport = z.object({
  attemptId: Id,
  /** Counts up with each change. */
  revision: z.number().int().positive(),
  /** The last turn that it took up. */
  turnId: Id,
  phase: z.enum(["running", "ready", "merged", "discarded", "failed"]),
  base: Repository.shape.base,
  /** Where the branch left its base. */
  baseCommit: Commit.nullable(),
  headCommit: Commit.nullable(),
  /** Files in the worktree that are not committed. */
  pending: Count,
  stats: DiffStats,
  pushedCommit: Commit.nullable(),
  pullRequest: z.object({ number: z.number().int().positive(), url: Address }).nullable(),
  /** Where a forge shows base and branch side by side. */
  compareUrl: Address.nullable(),
  /** The last request that was carried out or refused. */
  answers: Id.nullable(),
  /** Files because of which the last accept was refused. */
  conflicts: z.array(Path).max(ROWS_PER_LIST),
  problem: AttemptProblem.nullable(),
});
export type AttemptReport = z.infer<typeof AttemptReport>;
