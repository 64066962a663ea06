/** Turns as people and services act on them: start, stop, answer a question, read. Their entries come in by `ingest.ts`. */
import { BUILTIN_PROFILE_ID } from "@signalbox/catalog/agent-profile";
import { formatCursor } from "@signalbox/catalog/cursor";
import type { TurnOutcome } from "@signalbox/catalog/turn-entry";
import { STOP_GRACE_MS } from "@signalbox/catalog/timing";
import { assistantText, type TurnView } from "@signalbox/catalog/turn-view";
import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { notFound, SignalboxError } from "../errors.ts";
import { enqueueCommand } from "../operators/commands.ts";
import { mutate } from "../signals/outbox.ts";
import { chat, operator, plan, turn } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";
import { continueAttempt } from "../attempts/continue-attempt.ts";
import { endByHost, isEnded } from "./finish-turn.ts";
import { lockTurn, lockTurns, type TurnRow } from "./lock-turns.ts";
import { pickOperator } from "./pick-operator.ts";
import { commandStart, queueTurn } from "./queue-turn.ts";
import { followTurn } from "./stream.ts";
import type { TurnLog } from "./turn-log.ts";
import { foldLog } from "./turn-record.ts";
import { LEASE } from "../operators/lease.ts";

export interface Turn {
  turnId: string;
  runId: string;
  chatId: string;
  planId: string;
  profileId: string;
  prompt: string;
  status: TurnRow["status"];
  outcome: TurnOutcome | null;
  /** The assistant's words so far. */
  text: string;
  /** The position that `text` and `view` stand at, of the same read: a stream from here neither repeats nor skips. */
  cursor: string;
  view: TurnView;
  startedBy: string | null;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
}

export function createTurns({ store, log }: { store: Store; log: TurnLog }) {
  const read = async (tx: Tx, scope: Scope, id: string): Promise<Turn> => {
    const row = await find(tx, scope, id);
    // A log that is too long for one answer is told as far as it fits: the stream goes on from there.
    const { view, position } = row.record ? { view: row.record, position: row.lastSeq } : await foldLog(tx, id);
    return {
      turnId: row.id,
      runId: row.runId,
      chatId: row.chatId,
      planId: row.planId,
      profileId: row.profileId,
      prompt: row.prompt,
      status: row.status,
      outcome: row.outcome,
      text: assistantText(view),
      cursor: formatCursor({ epoch: store.epoch(), seq: position }),
      view,
      startedBy: row.startedBy,
      createdAt: row.createdAt,
      startedAt: row.startedAt,
      endedAt: row.endedAt,
    };
  };

  return {
    get: (scope: Scope, id: string): Promise<Turn> => store.read(scope, (tx) => read(tx, scope, id)),

    /** The head of an ended turn's log; null while it runs. */
    endedAt: (scope: Scope, id: string): Promise<number | null> =>
      store.read(scope, async (tx) => {
        const row = await find(tx, scope, id);
        return isEnded(row) ? row.lastSeq : null;
      }),

    /**
     * Queues a turn. `turn-running` names the turn that the chat is busy with; `not-found` is an agent that nobody here
     * has, `conflict` one that no operator can run.
     */
    async start(
      scope: Scope,
      input: { chatId: string; prompt: string; profileId?: string | undefined },
    ): Promise<{ turnId: string; runId: string }> {
      try {
        return await mutate(store, scope, async (tx, emit) => {
          const [target] = await tx
            .select({ planId: chat.planId, title: plan.title })
            .from(chat)
            .innerJoin(plan, eq(plan.id, chat.planId))
            .where(and(eq(chat.id, input.chatId), eq(chat.workspaceId, scope.workspaceId)));
          if (!target) throw notFound("chat", input.chatId);
          const busy = await runningTurn(tx, input.chatId);
          if (busy) throw turnRunning(input.chatId, busy);

          const { planId, title } = target;
          const profileId = input.profileId ?? BUILTIN_PROFILE_ID;
          const place = await continueAttempt(tx, emit, scope, { chatId: input.chatId, profileId });
          const operatorId = place?.operatorId ?? (await pickOperator(tx, scope, profileId));
          const { chatId, prompt } = input;
          const ids = await queueTurn(tx, emit, scope, { chatId, planId, title, operatorId, profileId, prompt, place });
          return ids;
        });
      } catch (error) {
        // Two starts at the same instant: the index let one through.
        if (!isUniqueViolation(error)) throw error;
        const busy = await store.read(scope, (tx) => runningTurn(tx, input.chatId));
        throw turnRunning(input.chatId, busy ?? "unknown");
      }
    },

    /**
     * Stops a turn and answers with its outcome; what it said so far is kept. The agent's own end is waited for; when its
     * operator is away or does not answer in time, the host writes the end.
     */
    async stop(scope: Scope, id: string): Promise<{ outcome: TurnOutcome }> {
      const before = await mutate(store, scope, async (tx, emit) => {
        const row = await lockTurn(tx, id);
        if (!row || row.workspaceId !== scope.workspaceId) throw notFound("turn", id);
        if (isEnded(row)) {
          emit.nothing("it ended before");
          return { outcome: row.outcome, isReachable: false };
        }
        await tx.update(turn).set({ stopRequestedBy: scope.personId }).where(eq(turn.id, id));
        const isReachable = row.operatorId !== null && (await isConnected(tx, row.operatorId));
        if (row.operatorId) {
          await enqueueCommand(
            tx,
            { operatorId: row.operatorId, workspaceId: scope.workspaceId },
            { type: "turn.stop", turnId: id },
          );
        }
        emit("run.progressed", { run: row.runId, turn: row.id, chat: row.chatId, plan: row.planId });
        return { outcome: null, isReachable };
      });
      if (before.outcome) return { outcome: before.outcome };
      if (before.isReachable) {
        const patience = AbortSignal.timeout(STOP_GRACE_MS * 2);
        for await (const entry of followTurn(log, id, patience)) {
          if (entry.kind === "turn-end") return { outcome: entry.outcome };
        }
      }
      return store.system(async (tx) => {
        const row = await lockTurn(tx, id);
        if (!row) throw notFound("turn", id);
        await endByHost(tx, row, { kind: "turn-end", outcome: "cancelled", stopReason: "stopped-by-host" });
        return { outcome: isEnded(row) ? (row.outcome ?? "cancelled") : "cancelled" };
      });
    },

    /** Hands a person's answer to an agent that asked for permission. */
    answer: (scope: Scope, input: { turnId: string; requestId: string; optionId: string }): Promise<void> =>
      mutate(store, scope, async (tx, emit) => {
        const row = await find(tx, scope, input.turnId);
        if (isEnded(row) || !row.operatorId) {
          throw new SignalboxError("conflict", `Turn ${row.id} asks nothing any more.`, { turn: row.id });
        }
        await enqueueCommand(
          tx,
          { operatorId: row.operatorId, workspaceId: scope.workspaceId },
          { type: "permission.answer", ...input },
        );
        emit("run.progressed", { run: row.runId, turn: row.id, chat: row.chatId, plan: row.planId });
      }),
  };
}

/** Gives turns that were queued without an operator to one that came. Returns how many. */
export async function assignQueuedTurns(
  tx: Tx,
  owner: { id: string; workspaceId: string; profileIds: string[] },
): Promise<number> {
  if (owner.profileIds.length === 0) return 0;
  const waiting = await lockTurns(
    tx,
    and(
      eq(turn.workspaceId, owner.workspaceId),
      eq(turn.status, "queued"),
      isNull(turn.operatorId),
      inArray(turn.profileId, owner.profileIds),
    ),
  );
  for (const row of waiting.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime())) {
    // It may have waited for nearly a lease: whoever takes it up gets a whole one.
    await tx
      .update(turn)
      .set({ operatorId: owner.id, leaseUntil: sql`now() + ${LEASE}` })
      .where(eq(turn.id, row.id));
    await commandStart(tx, { ...row, operatorId: owner.id });
  }
  return waiting.length;
}

async function find(tx: Tx, scope: Scope, id: string): Promise<TurnRow> {
  const [row] = await tx
    .select()
    .from(turn)
    .where(and(eq(turn.id, id), eq(turn.workspaceId, scope.workspaceId)));
  if (!row) throw notFound("turn", id);
  return row;
}

async function runningTurn(tx: Tx, chatId: string): Promise<string | null> {
  const [row] = await tx
    .select({ id: turn.id })
    .from(turn)
    .where(and(eq(turn.chatId, chatId), inArray(turn.status, ["queued", "streaming"])));
  return row?.id ?? null;
}

async function isConnected(tx: Tx, operatorId: string): Promise<boolean> {
  const [row] = await tx.select({ is: operator.isConnected }).from(operator).where(eq(operator.id, operatorId));
  return row?.is ?? false;
}

function turnRunning(chatId: string, turnId: string): SignalboxError {
  return new SignalboxError("turn-running", `Chat ${chatId} is busy with turn ${turnId}.`, {
    chat: chatId,
    turn: turnId,
  });
}

/** SQLSTATE 23505, on the error itself or behind the driver's wrapper. */
function isUniqueViolation(error: unknown): boolean {
  const seen = error as { code?: unknown; cause?: { code?: unknown } } | null;
  return seen?.code === "23505" || seen?.cause?.code === "23505";
}
