/** Writes a turn's usage with its entries: the fold beside the turn's head, and a row per model for whoever adds up. */
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { eq } from "drizzle-orm";
import { isDeepStrictEqual } from "node:util";
import { type turn, usage } from "../store/schema.ts";
import type { Tx } from "../store/store.ts";
import { applyUsage, emptyTurnUsage, usageByModel, type ModelUsage, type TurnUsage } from "./turn-usage.ts";

export interface CountedUsage {
  /** The fold to keep with the turn. */
  folded: TurnUsage;
  /** The rows to write; null where they stand as they are. */
  rows: ModelUsage[] | null;
}

/** What further entries of a turn make of its usage; null where they say nothing of it. */
export function countUsage(
  row: Pick<typeof turn.$inferSelect, "usage">,
  entries: readonly LoggedEntry[],
): CountedUsage | null {
  const before = row.usage ?? emptyTurnUsage();
  const folded = entries.reduce(applyUsage, before);
  if (folded === before) return null;
  const rows = usageByModel(folded);
  return { folded, rows: isDeepStrictEqual(rows, usageByModel(before)) ? null : rows };
}

/** Puts these rows in place of what was counted for the turn before. The turn's row is locked. */
export async function writeUsage(
  tx: Tx,
  row: Pick<typeof turn.$inferSelect, "id" | "workspaceId" | "startedBy">,
  rows: ModelUsage[],
): Promise<void> {
  await tx.delete(usage).where(eq(usage.turnId, row.id));
  if (rows.length === 0) return;
  // The host's clock: an operator's may be wrong, and what is late by an outage is late by a minute at the most.
  const at = new Date();
  await tx.insert(usage).values(
    rows.map(({ model, counts, reported }) => ({
      turnId: row.id,
      model,
      workspaceId: row.workspaceId,
      startedBy: row.startedBy,
      at,
      ...counts,
      reportedMicros: reported?.micros ?? null,
      reportedCurrency: reported?.currency ?? null,
    })),
  );
}
