/** A further turn in an attempt's chat: it runs where the attempt is, in its worktree, and the attempt is under way again. */
import { eq } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { SignalboxError } from "../errors.ts";
import type { Emit } from "../signals/outbox.ts";
import { attempt } from "../store/schema.ts";
import type { Tx } from "../store/store.ts";
import type { AttemptPlace } from "../turns/queue-turn.ts";
import { idsOf, lockOperator, type AttemptRow } from "./attempt-rows.ts";

/** Null for a chat of no attempt. `conflict` for an attempt that takes no turn now, and for an operator that is away. */
export async function continueAttempt(
  tx: Tx,
  emit: Emit,
  scope: Scope,
  { chatId, profileId }: { chatId: string; profileId: string },
): Promise<AttemptPlace | null> {
  const [row] = await tx.select().from(attempt).where(eq(attempt.chatId, chatId)).for("no key update");
  if (!row) return null;
  if (row.status !== "ready" && row.status !== "failed") {
    throw new SignalboxError("conflict", `This chat's attempt is ${row.status}: it takes no message.`, {
      attempt: row.id,
      status: row.status,
    });
  }
  await lockOperator(tx, scope, { operatorId: row.operatorId, profileId });
  return {
    operatorId: row.operatorId,
    start: startOf(row),
    async onQueued({ turnId, runId }) {
      await tx
        .update(attempt)
        .set({ status: "running", turnId, runId, profileId, conflicts: [], problem: null, updatedAt: new Date() })
        .where(eq(attempt.id, row.id));
      emit("attempt.status-changed", idsOf({ ...row, runId }));
    },
  };
}

export function startOf(row: Pick<AttemptRow, "id" | "repository" | "branch" | "title" | "link">) {
  return {
    attemptId: row.id,
    repository: row.repository,
    branch: row.branch,
    title: row.title,
    link: row.link,
  };
}
