/** Files in the folder that a turn worked in, read beside the operator that has it. */
import { FileContent } from "@signalbox/catalog/operator-protocol";
import { and, eq } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { notFound } from "../errors.ts";
import { attempt, turn } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import type { Questions } from "./questions.ts";

/** A part of a file, or why there is none: the operator is away or refused it. */
export type TurnFile = ({ ok: true } & FileContent) | { ok: false; code: string; message: string };

export function createTurnFiles({ store, questions }: { store: Store; questions: Questions }) {
  return {
    async read(
      scope: Scope,
      { turnId, path, offset }: { turnId: string; path: string; offset: number },
    ): Promise<TurnFile> {
      const owner = await store.read(scope, async (tx) => {
        const [found] = await tx
          .select({ operatorId: turn.operatorId, planId: turn.planId, attemptId: attempt.id })
          .from(turn)
          .leftJoin(attempt, eq(attempt.chatId, turn.chatId))
          .where(and(eq(turn.id, turnId), eq(turn.workspaceId, scope.workspaceId)));
        if (!found) throw notFound("turn", turnId);
        return found;
      });
      const { operatorId, planId, attemptId } = owner;
      const command = { type: "file.read" as const, planId, ...(attemptId ? { attemptId } : {}), path, offset };
      const answer = await questions.ask(scope, operatorId, command);
      if (!answer.ok) return answer;
      const content = FileContent.safeParse(answer.value);
      return content.success
        ? { ok: true, ...content.data }
        : { ok: false, code: "no-answer", message: "The operator's answer is no file." };
    },
  };
}
