/**
 * Operators' tokens: given at the enrolment, exchanged for a new one, ended. Each is shown once and kept as a hash. While one
 * is exchanged there are two: the old one counts until the new one is used, for a day at the most.
 */
import { OPERATOR_TOKEN_OVERLAP_MS } from "@signalbox/catalog/timing";
import { and, eq, isNull, lt, or, sql, type SQL } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import { hashToken, makeToken } from "../access/tokens.ts";
import { notFound } from "../errors.ts";
import { emitting } from "../signals/outbox.ts";
import { operator, workspace } from "../store/schema.ts";
import { ring, type Store, type Tx } from "../store/store.ts";
import { COMMAND_CHANNEL } from "./commands.ts";

export interface OperatorIdentity {
  id: string;
  workspaceId: string;
}

/** What fences an open connection, and shows its operator as away until another one says hello. */
const ENDS_CONNECTION = {
  isConnected: false,
  connectedAt: null,
  generation: sql`${operator.generation} + 1`,
};

export function createOperatorTokens(store: Store) {
  return {
    /** Makes an operator. Its token is in the answer and nowhere else. */
    enroll: (input: { workspaceId: string; name: string }): Promise<{ id: string; token: string }> =>
      store.system(async (tx) => {
        const [found] = await tx
          .select({ id: workspace.id })
          .from(workspace)
          .where(eq(workspace.id, input.workspaceId));
        if (!found) throw notFound("workspace", input.workspaceId);
        const { token, hash } = makeToken("op");
        const id = randomUUID();
        return emitting(tx, input.workspaceId, async (_, emit) => {
          await tx.insert(operator).values({ id, ...input, tokenHash: hash });
          emit("operator.changed", { operator: id });
          return { id, token };
        });
      }),

    /**
     * Makes a new token, which is in the answer and nowhere else. With its first use the old one is gone, and its connection
     * fenced; a day after the exchange began it is gone in any case. Asked again meanwhile, it replaces the new one, and the
     * old one's day goes on.
     */
    rotate: (id: string): Promise<{ id: string; token: string }> =>
      store.system(async (tx) => {
        const { token, hash } = makeToken("op");
        const [rotated] = await tx
          .update(operator)
          .set({ nextTokenHash: hash, tokenRotatedAt: sql`coalesce(${operator.tokenRotatedAt}, now())` })
          .where(and(eq(operator.id, id), isNull(operator.revokedAt)))
          .returning({ workspaceId: operator.workspaceId });
        if (!rotated) throw notFound("operator", id);
        await emitting(tx, rotated.workspaceId, async (_, emit) => emit("operator.changed", { operator: id }));
        return { id, token };
      }),

    /** Ends an operator's tokens; its open channel is closed by the bell that rings with the commit. */
    revoke: (id: string): Promise<void> =>
      store.system(async (tx) => {
        const isRevoked = await endConnection(tx, and(eq(operator.id, id), isNull(operator.revokedAt)), {
          revokedAt: new Date(),
        });
        if (!isRevoked) throw notFound("operator", id);
      }),

    /**
     * Whose token this is; null for a wrong, a former or a revoked one. The first use of a new one ends the old one. With the
     * generation at that moment: a connection that says hello after another one came, or after its token went, is too late.
     */
    authenticate: (token: string): Promise<(OperatorIdentity & { generation: number }) | null> =>
      store.system(async (tx) => {
        const hash = hashToken(token);
        const columns = {
          id: operator.id,
          workspaceId: operator.workspaceId,
          generation: operator.generation,
          nextTokenHash: operator.nextTokenHash,
        };
        const isGood = and(
          or(eq(operator.tokenHash, hash), eq(operator.nextTokenHash, hash)),
          isNull(operator.revokedAt),
        );
        const find = async () => (await tx.select(columns).from(operator).where(isGood))[0];
        let found = await find();
        if (found?.nextTokenHash === hash) {
          // Of two first uses at once one finds it done.
          await exchange(tx, eq(operator.nextTokenHash, hash));
          found = await find();
        }
        return found ? { id: found.id, workspaceId: found.workspaceId, generation: found.generation } : null;
      }),

    /** Ends the old tokens whose day is over, though nobody used the new ones. */
    async endOldTokens(): Promise<void> {
      const overlap = sql`${`${OPERATOR_TOKEN_OVERLAP_MS} milliseconds`}::interval`;
      const isOver = lt(operator.tokenRotatedAt, sql`now() - ${overlap}`);
      const over = await store.system((tx) => tx.select({ id: operator.id }).from(operator).where(isOver));
      for (const { id } of over) await store.system((tx) => exchange(tx, and(eq(operator.id, id), isOver)));
    },
  };
}

/** Puts the new token of one operator in the place of the old one. */
function exchange(tx: Tx, where: SQL | undefined): Promise<boolean> {
  return endConnection(tx, and(where, isNull(operator.revokedAt)), {
    tokenHash: sql`${operator.nextTokenHash}`,
    nextTokenHash: null,
    tokenRotatedAt: null,
  });
}

/** Changes at most one operator, and ends its connection; false where the condition holds for none. */
async function endConnection(
  tx: Tx,
  where: SQL | undefined,
  change: { revokedAt: Date } | { tokenHash: SQL; nextTokenHash: null; tokenRotatedAt: null },
): Promise<boolean> {
  const [ended] = await tx
    .update(operator)
    .set({ ...change, ...ENDS_CONNECTION })
    .where(where)
    .returning({ id: operator.id, workspaceId: operator.workspaceId });
  if (!ended) return false;
  await emitting(tx, ended.workspaceId, async (_, emit) => emit("operator.changed", { operator: ended.id }));
  await ring(tx, COMMAND_CHANNEL, ended.id);
  return true;
}
