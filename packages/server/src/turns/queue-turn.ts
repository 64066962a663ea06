/** A turn that begins: its row, its run, and the command to its operator, in the transaction of whoever asked for it. */
import type { AttemptStart } from "@signalbox/catalog/attempt";
import type { OperatorCommand } from "@signalbox/catalog/operator-protocol";
import { assistantText } from "@signalbox/catalog/turn-view";
import { and, desc, eq, inArray, sql } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import type { Scope } from "../access/scope.ts";
import { profileForTurn } from "../operators/agent-profiles.ts";
import { enqueueCommand } from "../operators/commands.ts";
import type { Emit } from "../signals/outbox.ts";
import { run, turn } from "../store/schema.ts";
import type { Tx } from "../store/store.ts";
import type { TurnRow } from "./lock-turns.ts";
import { LEASE } from "../operators/lease.ts";

/** Earlier turns that an agent is told of. */
const HISTORY_TURNS = 10;
/** Characters of each message in that history. */
const HISTORY_TEXT = 4_000;

/** The attempt that a turn belongs to: where it must run, and in which worktree. */
export interface AttemptPlace {
  operatorId: string;
  start: AttemptStart;
  /** Told which turn it is now. */
  onQueued(ids: { turnId: string; runId: string }): Promise<void>;
}

interface NewTurn {
  chatId: string;
  planId: string;
  /** The plan's title: its run bears it. */
  title: string;
  /** Null: it waits for one. */
  operatorId: string | null;
  profileId: string;
  prompt: string;
  place: AttemptPlace | null;
}

/** Throws the store's unique violation when the chat has a turn under way. */
export async function queueTurn(
  tx: Tx,
  emit: Emit,
  scope: Scope,
  { title, place, ...input }: NewTurn,
): Promise<{ turnId: string; runId: string }> {
  const [runId, turnId] = [randomUUID(), randomUUID()];
  const { workspaceId, personId: startedBy } = scope;
  await tx.insert(run).values({
    id: runId,
    workspaceId,
    kind: place ? "attempt" : "chat",
    title,
    planId: input.planId,
    state: "queued",
    startedBy,
  });
  const row = { id: turnId, workspaceId, runId, startedBy, ...input };
  await tx.insert(turn).values({ ...row, status: "queued", leaseUntil: sql`now() + ${LEASE}` });
  await place?.onQueued({ turnId, runId });
  const { operatorId } = input;
  if (operatorId) await commandStart(tx, { ...row, operatorId }, place?.start);
  emit("run.started", { run: runId, turn: turnId, chat: input.chatId, plan: input.planId });
  return { turnId, runId };
}

export async function commandStart(
  tx: Tx,
  row: Pick<TurnRow, "id" | "workspaceId" | "chatId" | "planId" | "runId" | "profileId" | "prompt"> & {
    operatorId: string;
  },
  attempt?: AttemptStart,
): Promise<void> {
  const earlier = await tx
    .select({ prompt: turn.prompt, record: turn.record })
    .from(turn)
    .where(and(eq(turn.chatId, row.chatId), inArray(turn.status, ["completed", "failed"])))
    .orderBy(desc(turn.createdAt))
    .limit(HISTORY_TURNS);
  const profile = await profileForTurn(tx, row);
  const start = {
    turnId: row.id,
    runId: row.runId,
    chatId: row.chatId,
    planId: row.planId,
    profileId: row.profileId,
    ...(profile ? { profile } : {}),
    prompt: row.prompt,
    history: earlier.toReversed().flatMap(({ prompt, record }) => [
      { role: "user" as const, text: prompt.slice(0, HISTORY_TEXT) },
      { role: "assistant" as const, text: record ? assistantText(record).slice(0, HISTORY_TEXT) : "" },
    ]),
  };
  const command: OperatorCommand = attempt
    ? { type: "attempt.start", ...start, attempt }
    : { type: "turn.start", ...start };
  await enqueueCommand(tx, row, command);
}
