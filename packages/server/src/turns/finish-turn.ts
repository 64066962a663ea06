/** What follows from a turn's entries for the records around it: its run's progress, and its one end. */
import type { AgentState, LoggedEntry, TurnEnd } from "@signalbox/catalog/turn-entry";
import { eq, sql } from "drizzle-orm";
import { endUnbegun, followAttempt, hasAttempt, isAboutAttempts } from "../attempts/follow-attempt.ts";
import { cancelCommands } from "../operators/commands.ts";
import { loseSandbox } from "../sandboxes/sandboxes.ts";
import { emitting, gathering, type Emit, type Tell } from "../signals/outbox.ts";
import { run, turn } from "../store/schema.ts";
import type { Tx } from "../store/store.ts";
import { countUsage, writeUsage } from "../usage/count-usage.ts";
import { isAboutLimits, noteRateLimits } from "../usage/rate-limits.ts";
import type { TurnRow } from "./lock-turns.ts";
import { appendEntries } from "./turn-log.ts";
import { recordOf } from "./turn-record.ts";
import { LEASE } from "../operators/lease.ts";

function idsOf(row: TurnRow) {
  return { run: row.runId, turn: row.id, chat: row.chatId, plan: row.planId };
}

/** A turn that has its turn-end takes no further entry. */
export function isEnded(row: Pick<TurnRow, "status">): boolean {
  return row.status === "completed" || row.status === "failed";
}

/** Moves the heads of turns whose rows are locked, prolongs their leases, and sets those that were queued streaming. */
export async function advanceTurns(tx: Tx, turns: readonly { row: TurnRow; lastSeq: number }[]): Promise<void> {
  const heads = JSON.stringify(turns.map(({ row, lastSeq }) => ({ id: row.id, seq: lastSeq })));
  await tx.execute(sql`update turn set
      last_seq = head.seq,
      lease_until = greatest(lease_until, now() + ${LEASE}),
      started_at = case when status = 'queued' then now() else started_at end,
      status = case when status = 'queued' then 'streaming' else status end
    from jsonb_to_recordset(${heads}::text::jsonb) as head(id text, seq integer)
    where turn.id = head.id`);
}

/**
 * What follows from entries that were appended to a turn: what the records around it say, and its end. Its row is as it was
 * before. Answers what tells it, for after the records of all turns of the transaction: outboxes are locked last.
 */
export async function followEntries(tx: Tx, row: TurnRow, entries: readonly LoggedEntry[]): Promise<Tell | null> {
  const isFirst = row.status === "queued";
  const last = entries.at(-1);
  const end = last?.kind === "turn-end" ? last : null;
  const todos = entries.findLast((entry) => entry.kind === "todos");
  const states = entries.flatMap((entry) => (entry.kind === "agent-state" ? [entry.state] : []));
  const counted = countUsage(row, entries);
  if (counted) await tx.update(turn).set({ usage: counted.folded }).where(eq(turn.id, row.id));
  const limits = entries.filter(isAboutLimits);
  const isOfAttempt = isAboutAttempts(entries) && (await hasAttempt(tx, row));
  const isQuiet = !isFirst && !todos && !end && states.length === 0 && !counted?.rows && limits.length === 0;
  if (isQuiet && !isOfAttempt) return null;
  const say = async (_: Tx, emit: Emit) => {
    if (isFirst) await tx.update(run).set({ state: "running", startedAt: new Date() }).where(eq(run.id, row.runId));
    if (states.length > 0) await followAgent(tx, row, states, emit);
    if (todos?.kind === "todos") {
      const current = todos.todos.find((todo) => todo.status === "in_progress");
      const progress = {
        done: todos.todos.filter((todo) => todo.status === "completed").length,
        total: todos.todos.length,
        current: current?.content.slice(0, 200) ?? null,
      };
      await tx.update(run).set({ progress }).where(eq(run.id, row.runId));
    }
    if (limits.length > 0) await noteRateLimits(tx, emit, { ...row, usage: counted?.folded ?? row.usage }, limits);
    if (counted?.rows) {
      await writeUsage(tx, row, counted.rows);
      emit("usage.counted", { usage: row.id, turn: row.id, run: row.runId });
    }
    if (isOfAttempt) await followAttempt(tx, row, entries, emit);
    if (end) await finish(tx, row, end, emit);
    else if (isFirst || todos || states.length > 0) emit("run.progressed", idsOf(row));
  };
  // Who stopped a run knows that it ended.
  return gathering(tx, row.workspaceId, say, { by: end ? row.stopRequestedBy : null });
}

/** Ends a turn from the host: the marker goes behind the head, unless the turn has ended. The turn's row is locked. */
export async function endByHost(tx: Tx, row: TurnRow, end: TurnEnd): Promise<boolean> {
  if (isEnded(row)) return false;
  const entry: LoggedEntry = { seq: row.lastSeq + 1, at: Date.now(), ...end };
  await appendEntries(tx, [{ turn: row, entries: [entry] }]);
  await tx.update(turn).set({ lastSeq: entry.seq }).where(eq(turn.id, row.id));
  const say = async (_: Tx, emit: Emit): Promise<void> => {
    // The attempt's lock comes before those of what hangs on the turn; what is said of it comes last.
    const unbegun = await endUnbegun(tx, row);
    await finish(tx, row, end, emit);
    await loseSandbox(tx, row.id, emit);
    if (unbegun) emit("attempt.status-changed", unbegun);
  };
  await emitting(tx, row.workspaceId, say, { by: row.stopRequestedBy });
  return true;
}

/** The run shows what its agent does now; each step of its life is told, in its order. */
async function followAgent(tx: Tx, row: TurnRow, states: AgentState[], emit: Emit): Promise<void> {
  await tx
    .update(run)
    .set({ agentState: states.at(-1) ?? null })
    .where(eq(run.id, row.runId));
  const ids = { agent: row.profileId, ...idsOf(row) };
  for (const state of states) tellStep(state, ids, emit);
}

function tellStep(state: AgentState, ids: ReturnType<typeof idsOf> & { agent: string }, emit: Emit): void {
  switch (state) {
    case "spawned":
      return emit("agent.spawned", ids);
    case "waiting":
      return emit("agent.waiting", ids);
    case "resumed":
      return emit("agent.resumed", ids);
    case "stopped":
      return emit("agent.stopped", ids);
    case "error":
      return emit("agent.errored", ids);
    // That it runs is no step of its own: it was spawned, or it resumed.
    case "running":
      return;
  }
}

async function finish(tx: Tx, row: TurnRow, end: TurnEnd, emit: Emit): Promise<void> {
  const endedAt = new Date();
  const record = await recordOf(tx, row.id, end);
  await tx
    .update(turn)
    .set({ status: end.outcome === "failed" ? "failed" : "completed", outcome: end.outcome, record, endedAt })
    .where(eq(turn.id, row.id));
  await tx.update(run).set({ state: "finished", outcome: end.outcome, endedAt }).where(eq(run.id, row.runId));
  emit("run.finished", idsOf(row));
  await cancelCommands(tx, row.id);
}
