/** Who an operator is, and whether a connection of it counts. */
import { and, eq, isNull } from "drizzle-orm";
import { operator } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";
import type { OperatorIdentity } from "./operator-tokens.ts";

/** Why a connection counts no more. */
export type ConnectionEnd = "fenced" | "revoked";

/** Null while the connection of this generation counts; without a generation, while its operator's token does. */
export function connectionEnd(
  store: Store,
  operatorId: string,
  generation: number | null,
): Promise<ConnectionEnd | null> {
  return store.system(async (tx) => {
    const [found] = await standing(tx, operatorId);
    return endOf(found, generation ?? found?.generation);
  });
}

/** The same for what is done because of it: until the commit no newer connection takes over, and nobody revokes. */
export async function holdConnection(tx: Tx, operatorId: string, generation: number): Promise<ConnectionEnd | null> {
  const [found] = await standing(tx, operatorId).for("share");
  return endOf(found, generation);
}

function standing(tx: Tx, operatorId: string) {
  return tx
    .select({ generation: operator.generation, revokedAt: operator.revokedAt })
    .from(operator)
    .where(eq(operator.id, operatorId));
}

function endOf(
  found: { generation: number; revokedAt: Date | null } | undefined,
  generation: number | undefined,
): ConnectionEnd | null {
  if (!found || found.revokedAt) return "revoked";
  return found.generation === generation ? null : "fenced";
}

/** The operator as it stands; null for an unknown or a revoked one. */
export function identify(
  store: Store,
  operatorId: string,
): Promise<(OperatorIdentity & { generation: number }) | null> {
  return store.system(async (tx) => {
    const [found] = await tx
      .select({ id: operator.id, workspaceId: operator.workspaceId, generation: operator.generation })
      .from(operator)
      .where(and(eq(operator.id, operatorId), isNull(operator.revokedAt)));
    return found ?? null;
  });
}

/** Whether the operator is there, with the connection of this generation. */
export function isConnectedAs(store: Store, operatorId: string, generation: number): Promise<boolean> {
  return store.system(async (tx) => {
    const [found] = await tx
      .select({ id: operator.id })
      .from(operator)
      .where(and(eq(operator.id, operatorId), eq(operator.generation, generation), eq(operator.isConnected, true)));
    return found !== undefined;
  });
}
