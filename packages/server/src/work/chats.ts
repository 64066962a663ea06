/** Chats: conversations with an agent, each on one plan. Their turns are in `turns/`. */
import { ROWS_PER_LIST, TITLE_MAX } from "@signalbox/catalog/bounds";
import type { TurnOutcome } from "@signalbox/catalog/turn-entry";
import { and, asc, eq, inArray } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import type { Scope } from "../access/scope.ts";
import { notFound } from "../errors.ts";
import { mutate } from "../signals/outbox.ts";
import { chat, plan, turn } from "../store/schema.ts";
import type { Store } from "../store/store.ts";

export interface TurnSummary {
  turnId: string;
  runId: string;
  prompt: string;
  status: "queued" | "streaming" | "completed" | "failed";
  outcome: TurnOutcome | null;
  startedBy: string | null;
  createdAt: Date;
}

export interface Chat {
  id: string;
  workspaceId: string;
  planId: string;
  title: string;
  createdAt: Date;
  /** Oldest first. */
  turns: TurnSummary[];
}

export function createChats(store: Store) {
  return {
    /** The chats of a plan, oldest first. */
    list: (scope: Scope, planId: string): Promise<Chat[]> =>
      store.read(scope, async (tx) => {
        const chats = await tx
          .select({
            id: chat.id,
            workspaceId: chat.workspaceId,
            planId: chat.planId,
            title: chat.title,
            createdAt: chat.createdAt,
          })
          .from(chat)
          .where(and(eq(chat.planId, planId), eq(chat.workspaceId, scope.workspaceId)))
          .orderBy(asc(chat.createdAt), asc(chat.id))
          .limit(ROWS_PER_LIST);
        const turns = chats.length
          ? await tx
              .select({
                chatId: turn.chatId,
                turnId: turn.id,
                runId: turn.runId,
                prompt: turn.prompt,
                status: turn.status,
                outcome: turn.outcome,
                startedBy: turn.startedBy,
                createdAt: turn.createdAt,
              })
              .from(turn)
              .where(
                inArray(
                  turn.chatId,
                  chats.map((one) => one.id),
                ),
              )
              .orderBy(asc(turn.createdAt), asc(turn.id))
          : [];
        return chats.map((one) => ({
          ...one,
          turns: turns.filter((row) => row.chatId === one.id).map(({ chatId: _, ...summary }) => summary),
        }));
      }),

    create: (scope: Scope, planId: string): Promise<Chat> =>
      mutate(store, scope, async (tx, emit) => {
        const [owner] = await tx
          .select({ title: plan.title })
          .from(plan)
          .where(and(eq(plan.id, planId), eq(plan.workspaceId, scope.workspaceId)));
        if (!owner) throw notFound("plan", planId);
        const created = {
          id: randomUUID(),
          workspaceId: scope.workspaceId,
          planId,
          title: owner.title.slice(0, TITLE_MAX),
          createdAt: new Date(),
        };
        await tx.insert(chat).values(created);
        emit("chat.created", { chat: created.id, plan: planId });
        return { ...created, turns: [] };
      }),
  };
}
