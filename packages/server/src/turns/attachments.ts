/**
 * Attachments: the whole of output that had to be cut in a turn's log, each an append-only log of pieces. They come on a
 * way of their own, after the entries that name them, and are read when somebody asks.
 */
import { ATTACHMENT_PIECES_PER_TURN, ATTACHMENT_PIECES_READ, ATTACHMENTS_PER_TURN } from "@signalbox/catalog/bounds";
import type { AttachInput, AttachOutput } from "@signalbox/catalog/operator-protocol";
import { and, asc, count, eq, gt, inArray, sql } from "drizzle-orm";
import { z } from "zod";
import type { Scope } from "../access/scope.ts";
import { notFound, SignalboxError } from "../errors.ts";
import { emitting } from "../signals/outbox.ts";
import { logEntry, operator, turn } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";

export interface AttachmentPart {
  /** The text of the pieces after the one that was asked for, joined. */
  text: string;
  /** The last piece in it; ask for what comes after it. */
  last: number;
  /** Nothing comes after it, now and later. */
  isWhole: boolean;
}

const Piece = z.object({ text: z.string(), isLast: z.boolean() });

export function attachmentLogName(turnId: string, attachmentId: string): string {
  return `attachment:${turnId}/${attachmentId}`;
}

export function createAttachments(store: Store) {
  return {
    /**
     * Appends at exactly the next piece. One that is there already is acknowledged again. `too-large` where the turn's
     * attachments have as many pieces as a turn may have.
     */
    append: (operatorId: string, input: AttachInput): Promise<AttachOutput> =>
      store.system(async (tx) => {
        const [owner] = await tx
          .select({ generation: operator.generation })
          .from(operator)
          .where(eq(operator.id, operatorId))
          .for("share");
        const [row] = await tx
          .select({
            workspaceId: turn.workspaceId,
            operatorId: turn.operatorId,
            runId: turn.runId,
            chatId: turn.chatId,
            planId: turn.planId,
          })
          .from(turn)
          .where(eq(turn.id, input.turnId))
          .for("key share");
        if (!row || row.operatorId !== operatorId) return { verdict: "unknown", stored: 0 };
        const log = attachmentLogName(input.turnId, input.attachmentId);
        const stored = await headOf(tx, log);
        if (owner?.generation !== input.generation) return { verdict: "fenced", stored };
        if (input.piece > stored + 1) return { verdict: "gap", stored };
        if (input.piece <= stored) return { verdict: "stored", stored };
        if ((await piecesOf(tx, input.turnId)) >= ATTACHMENT_PIECES_PER_TURN) {
          throw new SignalboxError(
            "too-large",
            `The attachments of a turn have at most ${ATTACHMENT_PIECES_PER_TURN} pieces.`,
            { turn: input.turnId, maxPieces: ATTACHMENT_PIECES_PER_TURN },
          );
        }
        const body = JSON.stringify({ text: input.text, isLast: input.isLast });
        // The same piece may come twice at once; a twin is waited for, and its piece is this one.
        await tx.execute(sql`insert into log_entry (log, seq, workspace_id, at, body)
          values (${log}, ${input.piece}, ${row.workspaceId}, ${Date.now()}, ${body}::text::json)
          on conflict (log, seq) do nothing`);
        if (input.isLast) {
          // Who looks at the turn may show the whole now.
          await emitting(tx, row.workspaceId, async (_, emit) =>
            emit("run.progressed", { run: row.runId, turn: input.turnId, chat: row.chatId, plan: row.planId }),
          );
        }
        return { verdict: "stored", stored: input.piece };
      }),

    /** The pieces after one, as many as fit into an answer. `not-found` for an attachment of which nothing has come. */
    read: (
      scope: Scope,
      { turnId, attachmentId, after }: { turnId: string; attachmentId: string; after: number },
    ): Promise<AttachmentPart> =>
      store.read(scope, async (tx) => {
        const log = attachmentLogName(turnId, attachmentId);
        const own = and(eq(logEntry.log, log), eq(logEntry.workspaceId, scope.workspaceId));
        const rows = await tx
          .select({ seq: logEntry.seq, body: sql<unknown>`${logEntry.body}` })
          .from(logEntry)
          .where(and(own, gt(logEntry.seq, after)))
          .orderBy(asc(logEntry.seq))
          .limit(ATTACHMENT_PIECES_READ);
        if (rows.length === 0 && (await headOf(tx, log)) === 0) throw notFound("attachment", attachmentId);
        const pieces = rows.map(({ body }) => Piece.parse(typeof body === "string" ? JSON.parse(body) : body));
        return {
          text: pieces.map(({ text }) => text).join(""),
          last: rows.at(-1)?.seq ?? after,
          isWhole: pieces.at(-1)?.isLast ?? false,
        };
      }),
  };
}

/** Of all attachments of a turn. By their names: each is a place in the index. */
async function piecesOf(tx: Tx, turnId: string): Promise<number> {
  const logs = Array.from({ length: ATTACHMENTS_PER_TURN }, (_, index) => attachmentLogName(turnId, `a${index + 1}`));
  const [all] = await tx.select({ pieces: count() }).from(logEntry).where(inArray(logEntry.log, logs));
  return all?.pieces ?? 0;
}

async function headOf(tx: Tx, log: string): Promise<number> {
  const [head] = await tx
    .select({ seq: sql<number | null>`max(${logEntry.seq})` })
    .from(logEntry)
    .where(eq(logEntry.log, log));
  return head?.seq ?? 0;
}
