/**
 * One attempt on the operator's disk: the command that started it, how far it is, and what was reported. Written after each
 * step, so that a daemon that was killed goes on with the step that it was at; each step may be done twice.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { AttemptDiff, AttemptReport } from "@signalbox/catalog/attempt";
import { OperatorCommand } from "@signalbox/catalog/operator-protocol";
import { TURN_OUTCOMES } from "@signalbox/catalog/turn-entry";
import { z } from "zod";
import { ATTEMPTS_KEPT } from "../limits.ts";
import { writeDurably } from "../durable-file.ts";
import { isPlainId } from "../turn-folder.ts";

export type AttemptCommand = Extract<OperatorCommand, { type: "attempt.start" }>;

/**
 * `preparing`: the worktree is made. `working`: the agent's turn. `committing`, `publishing`: what follows from its end.
 * `ready`, `failed`: it waits for a person. `merging`, `discarding`: what a person asked for. The others are final.
 */
const STEPS = [
  "preparing",
  "working",
  "committing",
  "publishing",
  "ready",
  "failed",
  "merging",
  "discarding",
  "merged",
  "discarded",
] as const;
export type Step = (typeof STEPS)[number];

const StartCommand = OperatorCommand.refine((command) => command.type === "attempt.start", "is no start of an attempt");

const AttemptState = z.object({
  command: StartCommand,
  step: z.enum(STEPS),
  outcome: z.enum(TURN_OUTCOMES).nullable(),
  /** The request that is being carried out. */
  requestId: z.string().nullable(),
  /** A merge whose ref may have moved. */
  made: z.object({ from: z.string(), commit: z.string() }).nullable(),
  report: AttemptReport,
  /** Up to which revision the host has it. */
  reportedRevision: z.number().int().nonnegative(),
  /** Of which commit the host has the diff. */
  reportedDiff: z.string().nullable(),
});
type StoredState = z.infer<typeof AttemptState>;
export type AttemptState = Omit<StoredState, "command"> & { command: AttemptCommand };

export interface AttemptFiles {
  load(): AttemptState[];
  /** Deletes the files of attempts that are over and told, but for the newest, and answers with their ids. */
  prune(states: readonly AttemptState[]): string[];
  save(state: AttemptState): void;
  saveDiff(attemptId: string, diff: AttemptDiff): void;
  /** Null where there is none, or none that can be read. */
  diff(attemptId: string): AttemptDiff | null;
}

export function newAttempt(command: AttemptCommand, base: string): AttemptState {
  return {
    command,
    step: "preparing",
    outcome: null,
    requestId: null,
    made: null,
    report: {
      attemptId: command.attempt.attemptId,
      revision: 1,
      turnId: command.turnId,
      phase: "running",
      base,
      baseCommit: null,
      headCommit: null,
      pending: 0,
      stats: { files: 0, additions: 0, deletions: 0 },
      pushedCommit: null,
      pullRequest: null,
      compareUrl: null,
      answers: null,
      conflicts: [],
      problem: null,
    },
    reportedRevision: 0,
    reportedDiff: null,
  };
}

export function isOver({ step }: Pick<AttemptState, "step">): boolean {
  return step === "merged" || step === "discarded";
}

export function openAttemptFiles(operatorDir: string): AttemptFiles {
  const root = join(operatorDir, "attempts");
  mkdirSync(root, { recursive: true });
  const pathOf = (id: string) => join(root, `${id}.json`);
  const diffPathOf = (id: string) => join(root, `${id}.diff.json`);
  return {
    load: () =>
      readdirSync(root)
        .filter((name) => name.endsWith(".json") && isPlainId(name.slice(0, -".json".length)))
        .flatMap((name) => readState(join(root, name)) ?? []),
    prune(states) {
      const over = states
        .filter((state) => isOver(state) && state.reportedRevision >= state.report.revision)
        .map(({ report: { attemptId } }) => ({ attemptId, at: writtenAt(pathOf(attemptId)) }))
        .toSorted((a, b) => b.at - a.at);
      return over.slice(ATTEMPTS_KEPT).map(({ attemptId }) => {
        rmSync(pathOf(attemptId), { force: true });
        rmSync(diffPathOf(attemptId), { force: true });
        return attemptId;
      });
    },
    save: (state) => writeDurably(pathOf(state.report.attemptId), JSON.stringify(state)),
    saveDiff: (id, diff) => writeDurably(diffPathOf(id), JSON.stringify(diff)),
    diff(id) {
      const parsed = existsSync(diffPathOf(id)) ? AttemptDiff.safeParse(readJson(diffPathOf(id))) : null;
      return parsed?.success ? parsed.data : null;
    },
  };
}

/** When an attempt's state was written last: when it was over, and the host knew. */
function writtenAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function readState(path: string): AttemptState | null {
  const parsed = AttemptState.safeParse(readJson(path));
  if (!parsed.success) return null;
  const { command, ...state } = parsed.data;
  return command.type === "attempt.start" ? { ...state, command } : null;
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}
