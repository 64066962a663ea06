/** Who an operator is and whether a connection of it counts, for a link that has no socket to keep that with. */
import { and, eq, isNull } from "drizzle-orm";
import { operator } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import type { OperatorIdentity } from "./operators.ts";

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
