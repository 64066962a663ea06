/** The log of a sandbox as rows of `log_entry`: its newest entries, what came after a position, and what stood before. */
import { SANDBOX_LOG_PAGE } from "@signalbox/catalog/bounds";
import { formatCursor, parseCursor } from "@signalbox/catalog/cursor";
import type { SandboxLogAnswer } from "@signalbox/catalog/poll-answers";
import { LoggedSandboxEntry, type SandboxEntry } from "@signalbox/catalog/sandbox-entry";
import type { TurnEntry } from "@signalbox/catalog/turn-entry";
import { and, asc, desc, eq, gt, lt, lte } from "drizzle-orm";
import type { sandbox } from "../store/schema.ts";
import { logEntry } from "../store/schema.ts";
import type { Tx } from "../store/store.ts";

export type SandboxRow = typeof sandbox.$inferSelect;

export function sandboxLogName(sandboxId: string): string {
  return `sandbox:${sandboxId}`;
}

/** Adds entries behind the head. The caller holds the sandbox's row lock and has checked their sequence. */
export async function appendSandboxEntries(
  tx: Tx,
  target: { id: string; workspaceId: string },
  entries: readonly LoggedSandboxEntry[],
): Promise<void> {
  await tx.insert(logEntry).values(
    entries.map(({ seq, at, ...body }) => ({
      log: sandboxLogName(target.id),
      seq,
      workspaceId: target.workspaceId,
      at,
      body: asBody(body),
    })),
  );
}

export async function pruneSandboxEntries(tx: Tx, sandboxId: string, floor: number): Promise<void> {
  await tx.delete(logEntry).where(and(eq(logEntry.log, sandboxLogName(sandboxId)), lte(logEntry.seq, floor)));
}

export async function readSandboxEntries(
  tx: Tx,
  sandboxId: string,
  range: { after: number; upTo: number },
): Promise<LoggedSandboxEntry[]> {
  const rows = await tx
    .select({ seq: logEntry.seq, at: logEntry.at, body: logEntry.body })
    .from(logEntry)
    .where(
      and(eq(logEntry.log, sandboxLogName(sandboxId)), gt(logEntry.seq, range.after), lte(logEntry.seq, range.upTo)),
    )
    .orderBy(asc(logEntry.seq))
    .limit(SANDBOX_LOG_PAGE);
  return rows.map(toEntry);
}

/**
 * What follows a cursor; without one, or with one that can't be continued, the newest page. `before`: the page that ends
 * before this offset. The row is of the same snapshot.
 */
export async function readSandboxLog(
  tx: Tx,
  row: SandboxRow,
  epoch: number,
  { after, before }: { after?: string | undefined; before?: number | undefined },
): Promise<SandboxLogAnswer> {
  const answer = (entries: LoggedSandboxEntry[], position: number, resync = false): SandboxLogAnswer => ({
    cursor: formatCursor({ epoch, seq: position }),
    floor: row.floor,
    resync,
    entries,
    more: before === undefined && position < row.lastSeq,
    done: before === undefined && row.isLogEnded && position === row.lastSeq,
  });
  const given = parseCursor(after);
  const isKnown = given?.epoch === epoch && given.seq <= row.lastSeq && given.seq >= row.floor;
  if (before === undefined && after !== undefined && isKnown) {
    const entries = await readSandboxEntries(tx, row.id, { after: given.seq, upTo: row.lastSeq });
    return answer(entries, entries.at(-1)?.seq ?? given.seq);
  }
  const newest = await tx
    .select({ seq: logEntry.seq, at: logEntry.at, body: logEntry.body })
    .from(logEntry)
    .where(and(eq(logEntry.log, sandboxLogName(row.id)), before === undefined ? undefined : lt(logEntry.seq, before)))
    .orderBy(desc(logEntry.seq))
    .limit(SANDBOX_LOG_PAGE);
  const entries = newest.toReversed().map(toEntry);
  return answer(entries, entries.at(-1)?.seq ?? row.lastSeq, after !== undefined);
}

function toEntry({ seq, at, body }: { seq: number; at: number; body: unknown }): LoggedSandboxEntry {
  return LoggedSandboxEntry.parse({ ...(body as object), seq, at });
}

/** Guarantee: a log is read by the name of its kind alone, and only this file writes those of sandboxes. */
function asBody(entry: SandboxEntry): TurnEntry {
  return entry as unknown as TurnEntry;
}
