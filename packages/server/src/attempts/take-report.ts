/** An operator's word of an attempt: stored when it is newer, told by the signals of what is different, refused when it is not its own. */
import type { AttemptProblem, AttemptReport, AttemptStatus } from "@signalbox/catalog/attempt";
import type { OperatorCommand, ReplyInput, ReportInput, ReportOutput } from "@signalbox/catalog/operator-protocol";
import type { TurnEnd } from "@signalbox/catalog/turn-entry";
import { and, eq } from "drizzle-orm";
import { holdConnection } from "../operators/connections.ts";
import { emitting, type Emit } from "../signals/outbox.ts";
import { attempt, attemptDiff, turn } from "../store/schema.ts";
import { storable } from "../store/storable.ts";
import { ring, type Store, type Tx } from "../store/store.ts";
import { endByHost } from "../turns/finish-turn.ts";
import { lockTurn, lockTurns } from "../turns/lock-turns.ts";
import { ATTEMPT_CHANNEL } from "./attempts.ts";
import { idsOf, type AttemptRow } from "./attempt-rows.ts";

type Failure = Extract<ReplyInput["result"], { ok: false }>;

export function takeReport(
  store: Store,
  owner: { id: string; workspaceId: string },
  { generation, ...told }: ReportInput,
): Promise<ReportOutput> {
  // Git's words and an agent's file names: what can't be stored would come again for ever.
  const { report, diff } = storable(told) as Omit<ReportInput, "generation">;
  return store.system(async (tx): Promise<ReportOutput> => {
    // It may end the turn that it names: locked before its attempt, in the order of `lock-turns.ts`.
    await lockTurns(tx, and(eq(turn.id, report.turnId), eq(turn.operatorId, owner.id)));
    const [row] = await tx
      .select()
      .from(attempt)
      .where(and(eq(attempt.id, report.attemptId), eq(attempt.operatorId, owner.id)))
      .for("no key update");
    if (await holdConnection(tx, owner.id, generation)) return { verdict: "fenced" };
    if (!row) return { verdict: "unknown" };
    if (report.revision <= row.revision) return { verdict: "stored" };

    const status = statusAfter(row, report);
    const isAnswered = row.requestId !== null && (report.answers === row.requestId || status === "failed");
    await tx
      .update(attempt)
      .set({
        status,
        ...(isAnswered ? { requestId: null } : {}),
        revision: report.revision,
        base: report.base,
        baseCommit: report.baseCommit,
        headCommit: report.headCommit,
        pending: report.pending,
        ...report.stats,
        pushedCommit: report.pushedCommit,
        pullRequest: report.pullRequest,
        compareUrl: report.compareUrl,
        conflicts: report.conflicts,
        problem: report.problem,
        updatedAt: new Date(),
      })
      .where(eq(attempt.id, row.id));
    if (diff) {
      const saved = { workspaceId: row.workspaceId, diff, at: new Date() };
      await tx
        .insert(attemptDiff)
        .values({ attemptId: row.id, ...saved })
        .onConflictDoUpdate({ target: attemptDiff.attemptId, set: saved });
    }
    await endQueuedTurn(tx, row, report);
    await emitting(tx, row.workspaceId, async (_, emit) => tell(emit, row, { ...report, status }));
    await ring(tx, ATTEMPT_CHANNEL, row.id);
    return { verdict: "stored" };
  });
}

/** Locks what `attemptRefused` changes, before the command itself is: whoever ends the turn takes its commands back. */
export async function lockRefused(tx: Tx, command: OperatorCommand): Promise<void> {
  if (!isOfAttempt(command)) return;
  if (command.type === "attempt.start") await lockTurn(tx, command.turnId);
  await tx
    .select({ id: attempt.id })
    .from(attempt)
    .where(eq(attempt.id, attemptIdOf(command)))
    .for("no key update");
}

/** What became of an attempt whose command its operator refused: it does not know it, or can't do it. */
export async function attemptRefused(tx: Tx, command: OperatorCommand, failure: Failure): Promise<void> {
  if (!isOfAttempt(command)) return;
  const id = attemptIdOf(command);
  const [row] = await tx.select().from(attempt).where(eq(attempt.id, id));
  if (!row) return;
  const problem = storable({ code: failure.code, message: failure.message }) as AttemptProblem;
  if (command.type === "attempt.start") {
    if (row.turnId !== command.turnId) return;
    await endTurn(tx, row.turnId, { kind: "turn-end", outcome: "failed", error: problem });
  } else if (row.requestId !== command.requestId) {
    return;
  }
  // What it does not know needs no taking away.
  const status = command.type === "attempt.discard" ? "discarded" : "failed";
  await tx.update(attempt).set({ status, requestId: null, problem, updatedAt: new Date() }).where(eq(attempt.id, id));
  await emitting(tx, row.workspaceId, async (_, emit) => emit("attempt.status-changed", idsOf(row)));
  await ring(tx, ATTEMPT_CHANNEL, id);
}

type AttemptCommand = Extract<OperatorCommand, { type: `attempt.${string}` }>;

function isOfAttempt(command: OperatorCommand): command is AttemptCommand {
  return command.type.startsWith("attempt.");
}

function attemptIdOf(command: AttemptCommand): string {
  return command.type === "attempt.start" ? command.attempt.attemptId : command.attemptId;
}

/** What a person asked for is under way until it is answered; what is said of an earlier turn ends no later one. */
function statusAfter(row: AttemptRow, report: AttemptReport): AttemptStatus {
  if (report.phase === "merged" || report.phase === "discarded") return report.phase;
  if (row.status === "discarding" && report.answers !== row.requestId && report.phase !== "failed") return "discarding";
  if (row.status === "merging" && report.answers !== row.requestId) return "merging";
  if (report.turnId !== row.turnId) return row.status;
  return report.phase;
}

function tell(emit: Emit, row: AttemptRow, now: AttemptReport & { status: AttemptStatus }): void {
  const git = { git: row.id, attempt: row.id, plan: row.planId, operator: row.operatorId };
  const isSame = now.pending === row.pending && now.stats.files === row.files;
  const isSameText = now.stats.additions === row.additions && now.stats.deletions === row.deletions;
  if (!isSame || !isSameText) emit("git.status-changed", git);
  if (now.headCommit !== row.headCommit && now.headCommit !== now.baseCommit) emit("git.committed", git);
  if (now.pushedCommit !== null && now.pushedCommit !== row.pushedCommit) emit("git.pushed", git);
  if (now.pullRequest && now.pullRequest.number !== row.pullRequest?.number) {
    const { git: id, ...others } = git;
    emit("pull-request.opened", { "pull-request": id, ...others });
  }
  if (now.status !== row.status || now.problem?.code !== row.problem?.code) emit("attempt.status-changed", idsOf(row));
  else emit.nothing("the worktree is made, or it is a word that says nothing new");
}

/** A turn that its operator never took up, and will not: it is not left waiting for its lease. */
async function endQueuedTurn(tx: Tx, row: AttemptRow, report: AttemptReport): Promise<void> {
  if (report.turnId !== row.turnId) return;
  if (report.phase === "discarded") {
    await endTurn(tx, row.turnId, { kind: "turn-end", outcome: "cancelled", stopReason: "discarded" });
  } else if (report.phase === "failed" && report.problem) {
    await endTurn(tx, row.turnId, { kind: "turn-end", outcome: "failed", error: report.problem });
  }
}

async function endTurn(tx: Tx, turnId: string, end: TurnEnd): Promise<void> {
  const row = await lockTurn(tx, turnId);
  if (row?.status === "queued") await endByHost(tx, row, end);
}
