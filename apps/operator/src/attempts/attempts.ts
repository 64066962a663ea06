/**
 * All attempts of this operator. A command is journaled, then answered; what follows is done step by step beside it, and
 * told to the host as a whole each time that it changed, until the host has it.
 */
import type { OperatorCommand } from "@signalbox/catalog/operator-protocol";
import { join } from "node:path";
import { openRemoteAddresses } from "../git/remote-address.ts";
import { createGit } from "../git/run-git.ts";
import type { HostSession } from "../host-session.ts";
import { PENDING_EVERY_MS, STEP_TRIES } from "../limits.ts";
import type { Logger } from "../logger.ts";
import { readRepositories } from "../repositories.ts";
import { isPlainId } from "../turn-folder.ts";
import type { CommandResult, Turns } from "../turns.ts";
import { createAttemptReporter } from "./attempt-reporter.ts";
import { isOver, newAttempt, openAttemptFiles, type AttemptCommand, type AttemptState } from "./attempt-state.ts";
import { createAttemptSteps, type Change } from "./attempt-steps.ts";
import { wordsOfProblem } from "./problem-words.ts";

type AnyAttemptCommand = Extract<OperatorCommand, { attemptId: string }> | AttemptCommand;

export interface Attempts {
  /** Answers when the command is journaled; at most one effect however often it comes. */
  carryOut(command: AnyAttemptCommand): CommandResult;
  /** Goes on where there is something to do. */
  look(): void;
  /** Forgets those that have been over for long. */
  sweep(): void;
  attach(session: HostSession, generation: number): void;
}

export interface AttemptsOptions {
  operatorDir: string;
  turns: Turns;
  log: Logger;
  now(): number;
  /** Ends every git under way. */
  signal: AbortSignal;
}

/** Steps at which there is something to do without anybody's asking. */
const ACTIVE = new Set<AttemptState["step"]>([
  "preparing",
  "working",
  "committing",
  "publishing",
  "merging",
  "discarding",
]);

export function createAttempts({ operatorDir, turns, log, now, signal }: AttemptsOptions): Attempts {
  const files = openAttemptFiles(operatorDir);
  const states = new Map(files.load().map((state) => [state.report.attemptId, state]));
  const git = createGit({ emptyDir: join(operatorDir, "attempts", "nowhere"), signal });
  const reporter = createAttemptReporter({ files, states, log, now });
  const addresses = openRemoteAddresses(operatorDir, git);
  const steps = createAttemptSteps({ operatorDir, git, addresses, turns, files, log, signal });
  const busy = new Set<string>();
  const failures = new Map<string, number>();
  const countedAt = new Map<string, number>();
  /** Two attempts at one repository would meet at git's locks. */
  const queues = new Map<string, Promise<void>>();

  function change(state: AttemptState, { report, ...rest }: Change): void {
    Object.assign(state, rest);
    if (report) state.report = { ...state.report, ...report, revision: state.report.revision + 1 };
    files.save(state);
    reporter.poke();
  }

  async function goOn(state: AttemptState): Promise<void> {
    const id = state.report.attemptId;
    const { step } = state;
    try {
      if (step === "working") {
        if (now() - (countedAt.get(id) ?? 0) < PENDING_EVERY_MS && turns.outcome(state.command.turnId) === "running")
          return;
        countedAt.set(id, now());
      }
      const next = await steps[step](state);
      failures.delete(id);
      if (!next) return;
      if (state.step === step) change(state, next);
      // A person asked to discard it meanwhile: what was found out is kept, and that goes first.
      else if (next.report) change(state, { report: next.report });
    } catch (error) {
      if (signal.aborted) return;
      const failed = (failures.get(id) ?? 0) + 1;
      failures.set(id, failed);
      log.error({ attemptId: id, step, failed, err: error }, "a step of an attempt failed");
      if (failed < STEP_TRIES) return;
      failures.delete(id);
      const answers = state.requestId ?? state.report.answers;
      change(state, {
        step: step === "merging" ? "ready" : "failed",
        requestId: null,
        report: {
          phase: step === "merging" ? "ready" : "failed",
          answers,
          problem: { code: `${step}-failed`, message: wordsOfProblem(error) },
        },
      });
    }
  }

  function enqueue(repository: string, work: () => Promise<void>): void {
    const before = queues.get(repository) ?? Promise.resolve();
    queues.set(repository, before.then(work));
  }

  /** Where remotes are is read before an agent runs, here or in an attempt that goes on. */
  function learnRemotes(): void {
    const warn = (error: unknown) => {
      if (!signal.aborted) log.warn({ err: error }, "the address of a remote was not read");
    };
    try {
      for (const settings of readRepositories(operatorDir))
        enqueue(settings.name, () => addresses.learn(settings).catch(warn));
    } catch (error) {
      warn(error);
    }
  }

  function look(): void {
    for (const state of states.values()) {
      const id = state.report.attemptId;
      if (!ACTIVE.has(state.step) || busy.has(id) || signal.aborted) continue;
      busy.add(id);
      enqueue(state.command.attempt.repository, () => goOn(state).finally(() => busy.delete(id)));
    }
    reporter.poke();
  }

  function start(command: AttemptCommand): CommandResult {
    const { attemptId, repository } = command.attempt;
    if (![attemptId, command.turnId, command.planId].every(isPlainId))
      return refused("bad-request", "An id is not plain.");
    const known = states.get(attemptId);
    if (known?.command.turnId === command.turnId) return DONE;
    if (known && (isOver(known) || ACTIVE.has(known.step)))
      return refused("attempt-busy", "This attempt takes no further turn now.");
    const settings = readRepositories(operatorDir).find(({ name }) => name === repository);
    if (!settings) return refused("unknown-repository", `This operator has no repository ${repository}.`);
    const state = known ?? newAttempt(command, settings.base);
    states.set(attemptId, state);
    if (known) {
      change(known, {
        command: { ...command, attempt: known.command.attempt },
        step: known.report.baseCommit === null ? "preparing" : "working",
        outcome: null,
        report: { turnId: command.turnId, phase: "running", problem: null, conflicts: [] },
      });
    } else {
      change(state, {});
    }
    queueMicrotask(look);
    return DONE;
  }

  function request(command: Exclude<AnyAttemptCommand, AttemptCommand>): CommandResult {
    const state = states.get(command.attemptId);
    if (!state) return refused("unknown-attempt", `This operator has no attempt ${command.attemptId}.`);
    const { requestId } = command;
    if (state.requestId === requestId || state.report.answers === requestId || isOver(state)) return DONE;
    if (command.type === "attempt.accept") {
      if (state.step !== "ready") return refused("attempt-busy", "This attempt is not ready.");
      change(state, { step: "merging", requestId, made: null, report: { conflicts: [], problem: null } });
    } else {
      change(state, { step: "discarding", requestId });
    }
    queueMicrotask(look);
    return DONE;
  }

  learnRemotes();
  return {
    carryOut: (command) => (command.type === "attempt.start" ? start(command) : request(command)),
    look,
    sweep() {
      for (const id of files.prune([...states.values()]))
        for (const map of [states, failures, countedAt]) map.delete(id);
    },
    attach: reporter.attach,
  };
}

const DONE: CommandResult = { ok: true };

function refused(code: string, message: string): CommandResult {
  return { ok: false, code, message };
}
