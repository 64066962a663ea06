/** What is done at each step of an attempt. A step may be done again after a crash in it: it finds what it did before. */
import { commitWork, countPending, type CommitWords } from "../git/commit-work.ts";
import { compareLink } from "../git/compare-link.ts";
import { mergeBranch } from "../git/merge-branch.ts";
import { openPullRequest } from "../git/pull-request.ts";
import { deleteRemoteBranch, pushBranch, type Remote } from "../git/push-branch.ts";
import { readDiff } from "../git/read-diff.ts";
import type { RemoteAddresses } from "../git/remote-address.ts";
import type { Git } from "../git/run-git.ts";
import { findGitDir, makeWorktree, removeWorktree, type Worktree } from "../git/worktree.ts";
import type { Logger } from "../logger.ts";
import { readRepositories, type RepositorySettings } from "../repositories.ts";
import { worktreePath } from "../turn-folder.ts";
import type { Turns } from "../turns.ts";
import type { AttemptFiles, AttemptState, Step } from "./attempt-state.ts";
import { wordsOfProblem } from "./problem-words.ts";

/** What a step changes; within the report only what it names. */
export type Change = Partial<Omit<AttemptState, "report">> & { report?: Partial<AttemptState["report"]> };

export type AttemptSteps = Record<Step, (state: AttemptState) => Promise<Change | null>>;

export interface AttemptStepsOptions {
  operatorDir: string;
  git: Git;
  addresses: RemoteAddresses;
  turns: Turns;
  files: AttemptFiles;
  log: Logger;
  signal: AbortSignal;
}

/** Files of a refused merge that are told. */
const CONFLICTS_TOLD = 100;

export function createAttemptSteps({
  operatorDir,
  git,
  addresses,
  turns,
  files,
  log,
  signal,
}: AttemptStepsOptions): AttemptSteps {
  function settingsOf(state: AttemptState): RepositorySettings {
    const { repository } = state.command.attempt;
    const found = readRepositories(operatorDir).find(({ name }) => name === repository);
    if (!found) throw new Error(`This operator has no repository ${repository} any more.`);
    return found;
  }

  function worktreeOf(state: AttemptState, settings: RepositorySettings): Worktree {
    const { attemptId, branch } = state.command.attempt;
    return { gitDir: findGitDir(settings.path), path: worktreePath(operatorDir, attemptId), branch };
  }

  /** Null where they can't be counted now. The agent works all the same, and what it does is committed at its end. */
  async function pendingOf(state: AttemptState): Promise<number | null> {
    try {
      return await countPending(git, worktreeOf(state, settingsOf(state)));
    } catch (error) {
      const { attemptId } = state.report;
      if (!signal.aborted) log.warn({ attemptId, err: error }, "the changed files of an attempt were not counted");
      return null;
    }
  }

  async function remoteOf(settings: RepositorySettings, { gitDir, path }: Worktree): Promise<Remote> {
    const address = await addresses.addressOf(settings);
    return { gitDir, address, forge: settings.forge, carrier: `${path}.push` };
  }

  return {
    async preparing(state) {
      const settings = settingsOf(state);
      await addresses.learn(settings);
      const baseCommit = await makeWorktree(git, worktreeOf(state, settings), state.report.base);
      return { step: "working", report: { baseCommit, headCommit: baseCommit } };
    },

    async working(state) {
      const outcome = turns.outcome(state.command.turnId);
      if (outcome === "unknown") {
        const taken = turns.carryOut(state.command);
        if (!taken.ok) throw new Error(taken.message);
        return null;
      }
      if (outcome !== "running") return { step: "committing", outcome };
      const pending = await pendingOf(state);
      return pending === null || pending === state.report.pending ? null : { report: { pending } };
    },

    async committing(state) {
      const settings = settingsOf(state);
      const worktree = worktreeOf(state, settings);
      const headCommit = await commitWork(git, worktree, wordsOf(state, settings));
      const from = state.report.baseCommit ?? headCommit;
      const { stats, diff } = await readDiff(git, worktree.gitDir, { from, to: headCommit });
      files.saveDiff(state.report.attemptId, diff);
      return { step: "publishing", report: { headCommit, stats, pending: 0 } };
    },

    async publishing(state) {
      const settings = settingsOf(state);
      const isFailed = state.outcome === "failed";
      const published = state.report.stats.files > 0 && !isFailed ? await publish(state, settings) : {};
      const step = isFailed ? "failed" : "ready";
      const problem = isFailed
        ? { code: "turn-failed", message: "The agent's turn failed. What it did is kept." }
        : null;
      return { step, report: { problem, ...published, phase: step } };
    },

    async merging(state) {
      const settings = settingsOf(state);
      const worktree = worktreeOf(state, settings);
      const { title } = state.command.attempt;
      const words = wordsOf(state, settings);
      const outcome = await mergeBranch(
        git,
        {
          gitDir: worktree.gitDir,
          worktree: worktree.path,
          branch: worktree.branch,
          base: state.report.base,
          words: { ...words, message: `Merge the attempt at "${title}"\n\n${trailersOf(state)}` },
        },
        {
          made: state.made,
          noteMade: (made) => {
            state.made = made;
            files.save(state);
          },
        },
      );
      const answered = { answers: state.requestId };
      if (outcome.kind === "refused") {
        const problem = { code: outcome.code, message: REFUSALS[outcome.code] };
        const conflicts = outcome.files.slice(0, CONFLICTS_TOLD);
        return {
          step: "ready",
          requestId: null,
          made: null,
          report: { ...answered, phase: "ready", conflicts, problem },
        };
      }
      await removeWorktree(git, worktree);
      return {
        step: "merged",
        requestId: null,
        report: { ...answered, phase: "merged", conflicts: [], problem: null },
      };
    },

    async discarding(state) {
      const { turnId } = state.command;
      const outcome = turns.outcome(turnId);
      if (outcome === "running") {
        turns.carryOut({ type: "turn.stop", turnId });
        return null;
      }
      const settings = settingsOf(state);
      const worktree = worktreeOf(state, settings);
      await removeWorktree(git, worktree);
      let problem: AttemptState["report"]["problem"] = null;
      if (settings.remote && state.report.pushedCommit) {
        try {
          await deleteRemoteBranch(git, await remoteOf(settings, worktree), worktree.branch);
        } catch (error) {
          problem = { code: "remote-branch-stays", message: wordsOfProblem(error) };
        }
      }
      return {
        step: "discarded",
        requestId: null,
        report: { answers: state.requestId, phase: "discarded", pending: 0, problem },
      };
    },

    // Nothing is left to do.
    ready: async () => null,
    failed: async () => null,
    merged: async () => null,
    discarded: async () => null,
  };

  /** A push or a pull request that fails leaves the attempt as good as it is: it can be accepted all the same. */
  async function publish(state: AttemptState, settings: RepositorySettings): Promise<Partial<AttemptState["report"]>> {
    const worktree = worktreeOf(state, settings);
    const { branch } = worktree;
    const { base, headCommit } = state.report;
    const { title, link } = state.command.attempt;
    if (!settings.remote || !headCommit) return {};
    const report: Partial<AttemptState["report"]> = {};
    try {
      const remote = await remoteOf(settings, worktree);
      await pushBranch(git, remote, { branch, commit: headCommit });
      report.pushedCommit = headCommit;
      report.compareUrl = compareLink(remote.address, { base, branch });
      if (!settings.forge) return report;
      const body = `An attempt at [${title}](${link}), made by an agent in Signalbox.`;
      report.pullRequest = await openPullRequest(settings.forge, { branch, base, title, body }, signal);
    } catch (error) {
      const code = report.pushedCommit ? "pull-request-failed" : "push-failed";
      report.problem = { code, message: wordsOfProblem(error) };
    }
    return report;
  }
}

const REFUSALS = {
  conflict: "The base has changed in the same places. Resolve it in the branch, or try again from the new base.",
  "base-dirty": "The base is checked out, and files there that the merge would write are changed or in the way.",
  "nothing-to-merge": "The base has all that this attempt changed.",
} as const;

function wordsOf(state: AttemptState, settings: RepositorySettings): CommitWords {
  const { command } = state;
  const agent = command.profile?.name ?? command.profileId;
  return {
    author: settings.author ?? { name: `${agent} (Signalbox)`, email: "agent@signalbox.invalid" },
    message: `${command.attempt.title}\n\n${trailersOf(state)}`,
  };
}

function trailersOf({ command }: AttemptState): string {
  const agent = command.profile?.name ?? command.profileId;
  return `Signalbox-Plan: ${command.attempt.link}\nSignalbox-Attempt: ${command.attempt.attemptId}\nSignalbox-Agent: ${agent.replaceAll(/\s+/g, " ")}\n`;
}
