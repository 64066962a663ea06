/** What a turn's entries say of the attempt that it belongs to: its session, its log, its todos, and that it never began. */
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { and, eq } from "drizzle-orm";
import type { Emit } from "../signals/outbox.ts";
import { attempt } from "../store/schema.ts";
import type { Tx } from "../store/store.ts";
import type { TurnRow } from "../turns/lock-turns.ts";
import { idsOf } from "./attempt-rows.ts";

const TOLD = new Set<LoggedEntry["kind"]>(["session", "log", "terminal-delta", "todos"]);

/** Whether an attempt would say something of these entries: a turn's text is not looked after. */
export function isAboutAttempts(entries: readonly LoggedEntry[]): boolean {
  return entries.some(({ kind }) => TOLD.has(kind));
}

export async function followAttempt(tx: Tx, row: TurnRow, entries: readonly LoggedEntry[], emit: Emit): Promise<void> {
  const [found] = await tx.select().from(attempt).where(eq(attempt.turnId, row.id));
  if (!found) return;
  const kinds = new Set(entries.map(({ kind }) => kind));
  const ids = idsOf(found);
  if (kinds.has("session")) emit("attempt.session-opened", ids);
  if (kinds.has("log") || kinds.has("terminal-delta")) emit("attempt.logged", ids);
  if (kinds.has("todos")) emit("attempt.todos-changed", ids);
}

export async function hasAttempt(tx: Tx, row: TurnRow): Promise<boolean> {
  const found = await tx.select({ id: attempt.id }).from(attempt).where(eq(attempt.turnId, row.id));
  return found.length > 0;
}

/**
 * A turn ended before its operator took it up: so did what the attempt waits for. Commits of earlier turns are still there.
 * Answers the ids of the attempt that changed.
 */
export async function endUnbegun(tx: Tx, row: TurnRow): Promise<ReturnType<typeof idsOf> | null> {
  if (row.status !== "queued") return null;
  const problem = { code: "not-begun", message: "The turn ended before the operator took it up." };
  const [failed] = await tx
    .update(attempt)
    .set({ status: "failed", problem, updatedAt: new Date() })
    .where(and(eq(attempt.turnId, row.id), eq(attempt.status, "running")))
    .returning();
  return failed ? idsOf(failed) : null;
}
