/**
 * The host's end of a sandbox's log: appends at exactly `seq = last + 1` under the sandbox's row lock, and keeps the record
 * of the sandbox as the log tells it. An operator appends at most twice a second, so each append is a transaction of its own.
 */
import { SANDBOX_LOG_KEPT } from "@signalbox/catalog/bounds";
import type { AppendInput, AppendOutput } from "@signalbox/catalog/operator-protocol";
import { readSandboxEntry, type LoggedSandboxEntry } from "@signalbox/catalog/sandbox-entry";
import { and, eq, inArray } from "drizzle-orm";
import { isDeepStrictEqual } from "node:util";
import { judgeAppend } from "../log/judge-append.ts";
import { emitting, type Emit } from "../signals/outbox.ts";
import { operator, sandbox, turn } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";
import { createAppendsInFlight, refuseOversized } from "../turns/append-bounds.ts";
import { appendSandboxEntries, pruneSandboxEntries, readSandboxEntries, type SandboxRow } from "./sandbox-log.ts";

export interface SandboxIngest {
  /** What became of an append. Bounded, and rejected, as the appends of turns are. */
  append(operatorId: string, input: AppendInput): Promise<AppendOutput>;
  /** What the host has of the sandboxes of these turns, for an operator that comes back. A turn without one is not in it. */
  acknowledged(
    operatorId: string,
    turnIds: string[],
  ): Promise<Map<string, { ackedSeq: number; state: "open" | "closed" }>>;
}

/** What is said of a turn that an operator may write for. */
type Owner = Pick<typeof turn.$inferSelect, "id" | "workspaceId" | "runId" | "operatorId">;

export function createSandboxIngest(store: Store): SandboxIngest {
  const inFlight = createAppendsInFlight();
  return {
    async append(operatorId, input) {
      refuseOversized(input);
      return inFlight.run({ operatorId, generation: input.generation }, () =>
        store.system((tx) => appendOne(tx, operatorId, input)),
      );
    },
    acknowledged: (operatorId, turnIds) =>
      store.system(async (tx) => {
        if (turnIds.length === 0) return new Map();
        const rows = await tx
          .select({ id: sandbox.id, lastSeq: sandbox.lastSeq, isLogEnded: sandbox.isLogEnded })
          .from(sandbox)
          .where(and(eq(sandbox.operatorId, operatorId), inArray(sandbox.id, turnIds)));
        return new Map(
          rows.map((row) => [row.id, { ackedSeq: row.lastSeq, state: row.isLogEnded ? "closed" : "open" }]),
        );
      }),
  };
}

/** Locked in the order of turns' appends: the operator, then its sandbox, then (with the signals) the workspace's outbox. */
async function appendOne(tx: Tx, operatorId: string, input: AppendInput): Promise<AppendOutput> {
  const [connection] = await tx
    .select({ generation: operator.generation })
    .from(operator)
    .where(eq(operator.id, operatorId))
    .for("share");
  const [owner] = await tx
    .select({ id: turn.id, workspaceId: turn.workspaceId, runId: turn.runId, operatorId: turn.operatorId })
    .from(turn)
    .where(eq(turn.id, input.turnId));
  if (!owner || owner.operatorId !== operatorId) return { verdict: "unknown", ackedSeq: 0 };
  const [row] = await tx.select().from(sandbox).where(eq(sandbox.id, owner.id)).for("update");
  const head = row?.lastSeq ?? 0;
  const answer = (verdict: AppendOutput["verdict"], ackedSeq = head): AppendOutput => ({ verdict, ackedSeq });
  if (connection?.generation !== input.generation) return answer("fenced");

  const { verdict, fresh } = await judgeAppend({
    entries: input.entries.map(toEntry),
    head,
    isOver: row?.isLogEnded ?? false,
    isEnd: ({ kind }) => kind === "sandbox-end",
    areStored: async (known) => row !== undefined && (await areStored(tx, row, known)),
  });
  const [first] = fresh;
  if (!first) return answer(verdict);
  if (!row && first.kind !== "sandbox-start") return answer("diverged");
  await emitting(tx, owner.workspaceId, (_, emit) => storeEntries(tx, owner, row ?? null, fresh, emit));
  return answer("stored", fresh.at(-1)?.seq);
}

/** Whether the log holds exactly these entries. Those below the floor were acknowledged long ago. */
async function areStored(tx: Tx, row: SandboxRow, entries: readonly LoggedSandboxEntry[]): Promise<boolean> {
  const [first, last] = [entries[0]?.seq ?? 0, entries.at(-1)?.seq ?? 0];
  const rows = await readSandboxEntries(tx, row.id, { after: first - 1, upTo: last });
  const stored = new Map(rows.map((entry) => [entry.seq, entry]));
  return entries.every((entry) => entry.seq <= row.floor || isDeepStrictEqual(stored.get(entry.seq), entry));
}

async function storeEntries(
  tx: Tx,
  owner: Owner,
  row: SandboxRow | null,
  entries: readonly LoggedSandboxEntry[],
  emit: Emit,
): Promise<void> {
  const ids = { sandbox: owner.id, operator: owner.operatorId ?? "", run: owner.runId };
  const lastSeq = entries.at(-1)?.seq ?? 0;
  const requests = entries.filter((entry) => entry.kind === "request");
  const allowed = requests.filter(({ decision }) => decision === "allowed").length;
  const change: Partial<typeof sandbox.$inferInsert> = {
    lastSeq,
    floor: Math.max(row?.floor ?? 0, lastSeq - SANDBOX_LOG_KEPT),
    allowed: (row?.allowed ?? 0) + allowed,
    blocked: (row?.blocked ?? 0) + requests.length - allowed,
  };
  for (const entry of entries) {
    if (entry.kind === "sandbox-start" && !row) {
      const { sandbox: kind, folder, policy, reason = null } = entry;
      await tx.insert(sandbox).values({
        id: owner.id,
        workspaceId: owner.workspaceId,
        operatorId: ids.operator,
        runId: owner.runId,
        kind,
        folder,
        policy,
        reason,
        state: "starting",
      });
      emit("sandbox.started", ids);
    } else if (entry.kind === "sandbox-up") {
      Object.assign(change, { state: "up", cameUpAt: new Date(), wentAt: null });
      emit("sandbox.came-up", ids);
    } else if (entry.kind === "sandbox-end") {
      const { outcome, reason } = entry;
      Object.assign(change, { state: outcome, isLogEnded: true, wentAt: new Date(), ...(reason && { reason }) });
      emit("sandbox.went", ids);
    }
  }
  await appendSandboxEntries(tx, owner, entries);
  if (change.floor) await pruneSandboxEntries(tx, owner.id, change.floor);
  await tx.update(sandbox).set(change).where(eq(sandbox.id, owner.id));
  // Whoever tails the log reads on; what became of the sandbox itself was said.
  const isSaid = entries.every(({ kind }) => kind !== "request" && kind !== "note");
  if (!isSaid) emit("sandbox-log.appended", { "sandbox-log": owner.id, sandbox: owner.id, run: owner.runId });
}

function toEntry({ seq, at, ...body }: AppendInput["entries"][number]): LoggedSandboxEntry {
  return { seq, at, ...readSandboxEntry(body) };
}
