/** Commands to operators: a durable log per operator. Delivered at least once; each takes effect at most once beside the operator. */
import type { CommandFrame, OperatorCommand, ReplyInput } from "@signalbox/catalog/operator-protocol";
import { and, asc, eq, gt, isNull, sql } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import { operator, operatorCommand } from "../store/schema.ts";
import { storable } from "../store/storable.ts";
import { ring, type Store, type Tx } from "../store/store.ts";
import type { Doorbell } from "../store/doorbell.ts";
import type { ConnectionEnd } from "./connections.ts";

/** Rung with an operator's id when it has a new command, or when it may no longer have any. */
export const COMMAND_CHANNEL = "signalbox_command";

/** Rung with a command's id when it was answered. */
export const REPLY_CHANNEL = "signalbox_reply";

/** Adds a command behind the operator's last one; answers its id. It reaches the operator when the transaction commits. */
export async function enqueueCommand(
  tx: Tx,
  target: { operatorId: string; workspaceId: string },
  command: OperatorCommand,
): Promise<string> {
  const id = randomUUID();
  const [head] = await tx
    .update(operator)
    .set({ commandSeq: sql`${operator.commandSeq} + 1` })
    .where(and(eq(operator.id, target.operatorId), eq(operator.workspaceId, target.workspaceId)))
    .returning({ seq: operator.commandSeq });
  if (!head) throw new Error(`Operator ${target.operatorId} is not of workspace ${target.workspaceId}.`);
  await tx
    .insert(operatorCommand)
    .values({ ...target, seq: head.seq, id, turnId: "turnId" in command ? command.turnId : null, command });
  await ring(tx, COMMAND_CHANNEL, target.operatorId);
  return id;
}

/** The unanswered commands after a position, then each new one. Returns why it ended; with the signal it just ends. */
export async function* tailCommands(
  store: Store,
  doorbell: Doorbell,
  request: { operatorId: string; generation: number; after: number; gone: AbortSignal },
): AsyncGenerator<CommandFrame, ConnectionEnd | undefined> {
  let { after } = request;
  const bell = doorbell.open(request.operatorId);
  try {
    while (!request.gone.aborted) {
      bell.arm();
      const { owner, rows } = await readCommands(store, request.operatorId, after);
      if (!owner || owner.revokedAt) return "revoked";
      if (owner.generation !== request.generation) return "fenced";
      for (const row of rows) {
        yield row;
        after = row.seq;
      }
      if (rows.length === 0) await bell.wait(request.gone);
    }
    return undefined;
  } finally {
    bell.close();
  }
}

function readCommands(store: Store, operatorId: string, after: number) {
  return store.system(async (tx) => {
    const [owner] = await tx
      .select({ generation: operator.generation, revokedAt: operator.revokedAt })
      .from(operator)
      .where(eq(operator.id, operatorId));
    const rows = await tx
      .select({ seq: operatorCommand.seq, commandId: operatorCommand.id, command: operatorCommand.command })
      .from(operatorCommand)
      .where(
        and(
          eq(operatorCommand.operatorId, operatorId),
          gt(operatorCommand.seq, after),
          isNull(operatorCommand.repliedAt),
        ),
      )
      .orderBy(asc(operatorCommand.seq))
      .limit(50);
    return { owner, rows };
  });
}

/** Takes back what an operator has not answered about a turn that ended: a start that came late would run for nobody. */
export async function cancelCommands(tx: Tx, turnId: string): Promise<void> {
  await tx
    .update(operatorCommand)
    .set({ repliedAt: new Date() })
    .where(and(eq(operatorCommand.turnId, turnId), isNull(operatorCommand.repliedAt)));
}

/** What a command of this operator's asks for. It never changes, so it may be read before it is locked. */
export async function findCommand(tx: Tx, operatorId: string, id: string): Promise<OperatorCommand | null> {
  const [found] = await tx
    .select({ command: operatorCommand.command })
    .from(operatorCommand)
    .where(and(eq(operatorCommand.id, id), eq(operatorCommand.operatorId, operatorId)));
  return found?.command ?? null;
}

/** Takes the answer to a command. The first one wins; repeated ones change nothing. */
export async function replyToCommand(tx: Tx, operatorId: string, reply: ReplyInput): Promise<OperatorCommand | null> {
  const [answered] = await tx
    .update(operatorCommand)
    .set({ repliedAt: new Date(), result: storable(reply.result) as ReplyInput["result"] })
    .where(
      and(
        eq(operatorCommand.id, reply.commandId),
        eq(operatorCommand.operatorId, operatorId),
        isNull(operatorCommand.repliedAt),
      ),
    )
    .returning({ command: operatorCommand.command });
  if (!answered) return null;
  await ring(tx, REPLY_CHANNEL, reply.commandId);
  return answered.command;
}
