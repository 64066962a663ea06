/** What a plan leaves beside operators when it is removed: its attempts' worktrees and branches, which are to go with it. */
import { and, eq, isNull, notInArray } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import type { Scope } from "../access/scope.ts";
import { enqueueCommand } from "../operators/commands.ts";
import { attempt, operator } from "../store/schema.ts";
import type { Tx } from "../store/store.ts";

/**
 * Tells each operator to discard the plan's attempts, before their rows go: the commands are the operator's own and wait
 * for one that is away. What is merged, discarded or being discarded has gone or goes without it; an operator whose token
 * was revoked is never told.
 */
export async function discardAttemptsOf(tx: Tx, scope: Scope, planId: string): Promise<void> {
  const { workspaceId } = scope;
  const left = await tx
    .select({ attemptId: attempt.id, operatorId: attempt.operatorId })
    .from(attempt)
    .innerJoin(operator, eq(operator.id, attempt.operatorId))
    .where(
      and(
        eq(attempt.planId, planId),
        eq(attempt.workspaceId, workspaceId),
        isNull(operator.revokedAt),
        notInArray(attempt.status, ["merged", "discarding", "discarded"]),
      ),
    )
    .orderBy(attempt.operatorId, attempt.id)
    // In the order of `turns/lock-turns.ts`: the caller has the turns, the operators follow.
    .for("update", { of: attempt });
  for (const { attemptId, operatorId } of left) {
    await enqueueCommand(
      tx,
      { operatorId, workspaceId },
      { type: "attempt.discard", attemptId, requestId: randomUUID() },
    );
  }
}
