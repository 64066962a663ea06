/** What reports ask of the past: each change of a plan's status, estimate or sprint as a row, in the transaction of the change. */
import { planChange } from "../store/schema.ts";
import type { Tx } from "../store/store.ts";

type Recorded = Pick<typeof planChange.$inferSelect, "workspaceId" | "version" | "status" | "estimate" | "sprintId"> & {
  id: string;
};

/** `before` is null for a plan that was created, `after` for one that was removed. Writes nothing where no report would see it. */
export async function recordChange(
  tx: Tx,
  { before, after, at }: { before: Recorded | null; after: Recorded | null; at: Date },
): Promise<void> {
  const shown = after ?? before;
  if (!shown || (before && after && isSame(before, after))) return;
  await tx.insert(planChange).values({
    planId: shown.id,
    workspaceId: shown.workspaceId,
    version: after ? after.version : shown.version + 1,
    at,
    fromStatus: before?.status ?? null,
    status: after?.status ?? null,
    estimate: shown.estimate,
    sprintId: shown.sprintId,
  });
}

function isSame(before: Recorded, after: Recorded): boolean {
  return before.status === after.status && before.estimate === after.estimate && before.sprintId === after.sprintId;
}
