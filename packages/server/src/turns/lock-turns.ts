/**
 * Turns under lock, and the one order in which every transaction of every host takes locks, so that no two wait for each
 * other in a circle: turns, attempts, operators, then what hangs on them (commands, runs, sandboxes, limits), workspaces'
 * outboxes last; several of a kind by id. Where a row is only to stay as it is, `no key update` is enough: a plain
 * `for update` would also stop whoever adds a row that refers to it.
 *
 * One lock stands outside of it: who holds an operator may take queued turns that have none. Whoever holds such a turn wants
 * no operator.
 */
import { asc, eq, type SQL } from "drizzle-orm";
import { turn } from "../store/schema.ts";
import type { Tx } from "../store/store.ts";

export type TurnRow = typeof turn.$inferSelect;

export async function lockTurn(tx: Tx, turnId: string): Promise<TurnRow | null> {
  return (await lockTurns(tx, eq(turn.id, turnId)))[0] ?? null;
}

/** By id. An update of several takes its locks in any order: lock them first. */
export function lockTurns(tx: Tx, where: SQL | undefined): Promise<TurnRow[]> {
  return tx.select().from(turn).where(where).orderBy(asc(turn.id)).for("no key update");
}
