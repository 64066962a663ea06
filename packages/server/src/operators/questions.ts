/**
 * Commands that ask an operator for something, and wait for its answer: whichever host has its connection. What can be
 * expected to go wrong is an answer too.
 */
import type { OperatorCommand, ReplyInput } from "@signalbox/catalog/operator-protocol";
import { OPERATOR_ANSWER_MS } from "@signalbox/catalog/timing";
import { and, eq, isNull } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { mutate } from "../signals/outbox.ts";
import type { Doorbell } from "../store/doorbell.ts";
import { operator, operatorCommand } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import { enqueueCommand } from "./commands.ts";

type Answer = ReplyInput["result"];

/** `ask` never rejects for an operator that is away or silent: these are `operator-offline` and `no-answer`. */
export interface Questions {
  ask(scope: Scope, operatorId: string | null, command: OperatorCommand): Promise<Answer>;
}

export function createQuestions(store: Store, replies: Doorbell): Questions {
  const put = (scope: Scope, operatorId: string, command: OperatorCommand): Promise<string | null> =>
    mutate(store, scope, async (tx, emit) => {
      emit.nothing("a question changes no record");
      const [target] = await tx
        .select({ isConnected: operator.isConnected })
        .from(operator)
        .where(and(eq(operator.id, operatorId), eq(operator.workspaceId, scope.workspaceId)));
      return target?.isConnected ? enqueueCommand(tx, { operatorId, workspaceId: scope.workspaceId }, command) : null;
    });

  /** The answer is handed over once: it may be large, and stands for nothing later. */
  const take = (commandId: string): Promise<Answer | null> =>
    store.system(async (tx) => {
      const [row] = await tx
        .select({ result: operatorCommand.result })
        .from(operatorCommand)
        .where(eq(operatorCommand.id, commandId));
      if (!row?.result) return null;
      await tx.update(operatorCommand).set({ result: null }).where(eq(operatorCommand.id, commandId));
      return row.result;
    });

  const takeBack = (commandId: string): Promise<void> =>
    store.system(async (tx) => {
      await tx
        .update(operatorCommand)
        .set({ repliedAt: new Date() })
        .where(and(eq(operatorCommand.id, commandId), isNull(operatorCommand.repliedAt)));
    });

  return {
    async ask(scope, operatorId, command) {
      const commandId = operatorId === null ? null : await put(scope, operatorId, command);
      if (commandId === null) return OFFLINE;
      const patience = AbortSignal.timeout(OPERATOR_ANSWER_MS);
      const bell = replies.open(commandId);
      try {
        for (;;) {
          bell.arm();
          const answer = await take(commandId);
          if (answer) return answer;
          if (patience.aborted) break;
          await bell.wait(patience);
        }
      } finally {
        bell.close();
      }
      await takeBack(commandId);
      return NO_ANSWER;
    },
  };
}

const OFFLINE: Answer = { ok: false, code: "operator-offline", message: "The operator is not connected." };
const NO_ANSWER: Answer = { ok: false, code: "no-answer", message: "The operator did not answer in time." };
