/** Attempts as rows: read in a scope, and what of them is told. */
import type { AttemptProblem, AttemptReport, AttemptStatus, DiffStats } from "@signalbox/catalog/attempt";
import { and, eq } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { notFound, SignalboxError } from "../errors.ts";
import { isRunnable } from "../operators/agents.ts";
import { attempt, operator } from "../store/schema.ts";
import type { Tx } from "../store/store.ts";

export type AttemptRow = typeof attempt.$inferSelect;

export interface Attempt {
  id: string;
  planId: string;
  chatId: string;
  /** Of its last turn. */
  runId: string;
  turnId: string;
  operatorId: string;
  profileId: string;
  repository: string;
  branch: string;
  base: string;
  status: AttemptStatus;
  baseCommit: string | null;
  headCommit: string | null;
  /** Files in the worktree that are not committed. */
  pending: number;
  /** Of what is committed on the branch. */
  stats: DiffStats;
  pushedCommit: string | null;
  pullRequest: AttemptReport["pullRequest"];
  compareUrl: string | null;
  /** Files because of which the last accept was refused. */
  conflicts: string[];
  problem: AttemptProblem | null;
  startedBy: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export function toAttempt(row: AttemptRow): Attempt {
  const { workspaceId: _, requestId: __, revision: ___, title: ____, link: _____, ...shown } = row;
  const { files, additions, deletions, ...rest } = shown;
  return { ...rest, stats: { files, additions, deletions } };
}

export function idsOf(row: Pick<AttemptRow, "id" | "planId" | "runId" | "operatorId">) {
  return { attempt: row.id, plan: row.planId, run: row.runId, operator: row.operatorId };
}

export async function findAttempt(tx: Tx, scope: Scope, id: string): Promise<AttemptRow> {
  const [row] = await tx
    .select()
    .from(attempt)
    .where(and(eq(attempt.id, id), eq(attempt.workspaceId, scope.workspaceId)));
  if (!row) throw notFound("attempt", id);
  return row;
}

export async function lockAttempt(tx: Tx, scope: Scope, id: string): Promise<AttemptRow> {
  const [row] = await tx
    .select()
    .from(attempt)
    .where(and(eq(attempt.id, id), eq(attempt.workspaceId, scope.workspaceId)))
    .for("no key update");
  if (!row) throw notFound("attempt", id);
  return row;
}

/** An operator that is there and, where one is asked for, can run the agent. `conflict` says what it is not. */
export async function lockOperator(
  tx: Tx,
  scope: Scope,
  { operatorId, profileId }: { operatorId: string; profileId?: string },
): Promise<typeof operator.$inferSelect> {
  const [row] = await tx
    .select()
    .from(operator)
    .where(and(eq(operator.id, operatorId), eq(operator.workspaceId, scope.workspaceId)))
    .for("no key update");
  if (!row) throw notFound("operator", operatorId);
  if (!row.isConnected || row.revokedAt) {
    throw new SignalboxError("conflict", `The operator ${row.name} is not connected.`, { operator: operatorId });
  }
  if (profileId !== undefined && !row.profiles.some((one) => one.id === profileId && isRunnable(one))) {
    throw new SignalboxError("conflict", `The operator ${row.name} can't run this agent now.`, {
      operator: operatorId,
      profile: profileId,
    });
  }
  return row;
}
