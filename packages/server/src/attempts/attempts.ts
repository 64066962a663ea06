/**
 * Attempts as people and services act on them: start, accept, discard, read. What git says of one is its operator's word,
 * which comes in by `take-report.ts`.
 */
import { BUILTIN_PROFILE_ID } from "@signalbox/catalog/agent-profile";
import { attemptBranch, type AttemptDiff, type AttemptStatus } from "@signalbox/catalog/attempt";
import { ATTEMPTS_PER_PLAN, TEXT_MAX, TITLE_MAX } from "@signalbox/catalog/bounds";
import { ATTEMPT_ANSWER_MS } from "@signalbox/catalog/timing";
import { and, desc, eq } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import type { Scope } from "../access/scope.ts";
import { notFound, SignalboxError } from "../errors.ts";
import { enqueueCommand } from "../operators/commands.ts";
import { mutate } from "../signals/outbox.ts";
import type { Doorbell } from "../store/doorbell.ts";
import { attempt, attemptDiff, chat, operator, plan } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import { queueTurn } from "../turns/queue-turn.ts";
import {
  findAttempt,
  idsOf,
  lockAttempt,
  lockOperator,
  toAttempt,
  type Attempt,
  type AttemptRow,
} from "./attempt-rows.ts";
import { startOf } from "./continue-attempt.ts";

/** Rung with an attempt's id when its operator's word of it was stored. */
export const ATTEMPT_CHANNEL = "signalbox_attempt";

export interface StartAttempt {
  planId: string;
  operatorId: string;
  repository: string;
  profileId?: string | undefined;
  /** Absent: the plan's title and description. */
  prompt?: string | undefined;
}

export interface AttemptsOptions {
  store: Store;
  bell: Doorbell;
  /** The public address: commits name the plan's page. */
  url: string;
}

/** What may be discarded: neither what is over, nor what the operator is at. */
const DISCARDABLE: readonly AttemptStatus[] = ["running", "ready", "failed"];

export function createAttempts({ store, bell, url }: AttemptsOptions) {
  /** Waits until the operator has answered a request. The row as it then is, or as it is after the time that one waits. */
  async function answered(scope: Scope, id: string, isAnswered: (row: AttemptRow) => boolean): Promise<AttemptRow> {
    const ring = bell.open(id);
    const patience = AbortSignal.timeout(ATTEMPT_ANSWER_MS);
    try {
      for (;;) {
        ring.arm();
        const row = await store.read(scope, (tx) => findAttempt(tx, scope, id));
        if (isAnswered(row) || patience.aborted) return row;
        await ring.wait(patience);
      }
    } finally {
      ring.close();
    }
  }

  return {
    /** The attempts at a plan, newest first. */
    list: (scope: Scope, planId: string): Promise<Attempt[]> =>
      store.read(scope, async (tx) => {
        const rows = await tx
          .select()
          .from(attempt)
          .where(and(eq(attempt.planId, planId), eq(attempt.workspaceId, scope.workspaceId)))
          .orderBy(desc(attempt.createdAt), desc(attempt.id))
          .limit(ATTEMPTS_PER_PLAN);
        return rows.map(toAttempt);
      }),

    get: (scope: Scope, id: string): Promise<Attempt> =>
      store.read(scope, async (tx) => toAttempt(await findAttempt(tx, scope, id))),

    /** What its branch changes, as it was told last; null before anything was committed. */
    diff: (scope: Scope, id: string): Promise<AttemptDiff | null> =>
      store.read(scope, async (tx) => {
        await findAttempt(tx, scope, id);
        const [found] = await tx
          .select({ diff: attemptDiff.diff })
          .from(attemptDiff)
          .where(eq(attemptDiff.attemptId, id));
        return found?.diff ?? null;
      }),

    /** Starts an agent on a plan, in a worktree of its own. Its conversation is a chat of the plan. */
    start: (scope: Scope, input: StartAttempt): Promise<Attempt> =>
      mutate(store, scope, async (tx, emit) => {
        const { workspaceId, personId: startedBy } = scope;
        const [target] = await tx
          .select({ title: plan.title, description: plan.description })
          .from(plan)
          .where(and(eq(plan.id, input.planId), eq(plan.workspaceId, workspaceId)))
          .for("no key update");
        if (!target) throw notFound("plan", input.planId);
        const before = await tx.select({ id: attempt.id }).from(attempt).where(eq(attempt.planId, input.planId));
        if (before.length >= ATTEMPTS_PER_PLAN) {
          throw new SignalboxError("conflict", `A plan has at most ${ATTEMPTS_PER_PLAN} attempts.`, {
            maxAttempts: ATTEMPTS_PER_PLAN,
          });
        }
        const profileId = input.profileId ?? BUILTIN_PROFILE_ID;
        const owner = await lockOperator(tx, scope, { operatorId: input.operatorId, profileId });
        const repository = owner.repositories.find(({ name }) => name === input.repository);
        if (!repository) throw notFound("repository", input.repository);

        const [id, chatId] = [randomUUID(), randomUUID()];
        const { planId, operatorId } = input;
        const title = target.title.slice(0, TITLE_MAX);
        const row = {
          id,
          workspaceId,
          planId,
          chatId,
          operatorId,
          profileId,
          repository: repository.name,
          branch: attemptBranch({ id, title }),
          base: repository.base,
          title,
          link: new URL(`/w/${workspaceId}/plans/${planId}`, url).href,
          status: "running" as const,
          startedBy,
        };
        await tx.insert(chat).values({ id: chatId, workspaceId, planId, title });
        emit("chat.created", { chat: chatId, plan: planId });
        const prompt = (input.prompt ?? `${target.title}\n\n${target.description}`).trim().slice(0, TEXT_MAX);
        let saved: AttemptRow | undefined;
        await queueTurn(tx, emit, scope, {
          chatId,
          planId,
          title,
          operatorId,
          profileId,
          prompt,
          place: {
            operatorId,
            start: startOf(row),
            async onQueued(ids) {
              [saved] = await tx
                .insert(attempt)
                .values({ ...row, ...ids })
                .returning();
            },
          },
        });
        if (!saved) throw new Error("An inserted attempt did not come back.");
        emit("attempt.started", idsOf(saved));
        return toAttempt(saved);
      }),

    /**
     * Merges its branch into the base, and answers when that is done; an operator that takes longer finishes it all the same.
     * `conflict` with `files` when it can't be merged: nothing has changed then.
     */
    async accept(scope: Scope, id: string): Promise<Attempt> {
      const requestId = randomUUID();
      await mutate(store, scope, async (tx, emit) => {
        const row = await lockAttempt(tx, scope, id);
        if (row.status !== "ready" || row.files === 0) {
          throw new SignalboxError(
            "conflict",
            row.status === "ready" ? "This attempt changed nothing." : `This attempt is ${row.status}, not ready.`,
            { attempt: id, status: row.status },
          );
        }
        const owner = await lockOperator(tx, scope, row);
        await tx
          .update(attempt)
          .set({ status: "merging", requestId, conflicts: [], problem: null, updatedAt: new Date() })
          .where(eq(attempt.id, id));
        const { workspaceId } = scope;
        await enqueueCommand(
          tx,
          { operatorId: owner.id, workspaceId },
          { type: "attempt.accept", attemptId: id, requestId },
        );
        emit("attempt.status-changed", idsOf(row));
      });
      const row = await answered(scope, id, (now) => now.requestId !== requestId);
      if (row.status === "ready" && row.problem) {
        throw new SignalboxError("conflict", row.problem.message, {
          attempt: id,
          reason: row.problem.code,
          files: row.conflicts,
        });
      }
      return toAttempt(row);
    },

    /**
     * Ends its turn and takes worktree and branch away. An operator that is away does it when it is back; one whose token was
     * revoked never is.
     */
    discard: (scope: Scope, id: string): Promise<Attempt> =>
      mutate(store, scope, async (tx, emit) => {
        const row = await lockAttempt(tx, scope, id);
        if (row.status === "discarding" || row.status === "discarded") {
          emit.nothing("it was discarded before");
          return toAttempt(row);
        }
        if (!DISCARDABLE.includes(row.status)) {
          throw new SignalboxError("conflict", `This attempt is ${row.status}: it can't be discarded.`, {
            attempt: id,
            status: row.status,
          });
        }
        const [owner] = await tx
          .select({ revokedAt: operator.revokedAt })
          .from(operator)
          .where(eq(operator.id, row.operatorId));
        const requestId = randomUUID();
        const isGone = owner?.revokedAt != null;
        const [saved] = await tx
          .update(attempt)
          .set({ status: isGone ? "discarded" : "discarding", requestId, updatedAt: new Date() })
          .where(eq(attempt.id, id))
          .returning();
        if (!saved) throw notFound("attempt", id);
        if (!isGone) {
          const target = { operatorId: row.operatorId, workspaceId: scope.workspaceId };
          await enqueueCommand(tx, target, { type: "attempt.discard", attemptId: id, requestId });
        }
        emit("attempt.status-changed", idsOf(row));
        return toAttempt(saved);
      }),
  };
}
