import type { QueryClient } from "@tanstack/react-query";
import { isRecord, readQueryKey } from "./query-keys.ts";

/**
 * Puts the answer of a checked read of one plan, or of this page's own mutation, into the cached lists of its workspace.
 * It never puts an older version over a newer one, and it never sees a signal.
 */
export interface PlanRecord {
  id: string;
  workspaceId: string;
  status: string;
  position: string;
  version: number;
}

export function isPlanRecord(value: unknown): value is PlanRecord {
  return (
    isRecord(value) &&
    ["id", "workspaceId", "status", "position"].every((field) => typeof value[field] === "string") &&
    typeof value["version"] === "number"
  );
}

/** Hashes of the cached `plan.list` queries of a workspace. */
export function planLists(queryClient: QueryClient, workspaceId: string): string[] {
  return queryClient
    .getQueryCache()
    .getAll()
    .filter(({ queryKey }) => {
      const name = readQueryKey(queryKey);
      return name?.router === "plan" && name.procedure === "list" && name.input["workspaceId"] === workspaceId;
    })
    .map(({ queryHash }) => queryHash);
}

/**
 * Into every cached list, and into the plan's own query where there is one. A list that doesn't hold the plan takes it in
 * only when the caller knows that it exists still: an answer that is late may be about a plan that is gone.
 */
export function mergePlan(queryClient: QueryClient, plan: PlanRecord, { canInsert }: { canInsert: boolean }): void {
  changeLists(queryClient, plan.workspaceId, (plans) =>
    canInsert || plans.some(({ id }) => id === plan.id) ? withPlan(plans, plan) : plans,
  );
  for (const query of queryClient.getQueryCache().getAll()) {
    const name = readQueryKey(query.queryKey);
    if (name?.router !== "plan" || name.procedure !== "get" || name.input["id"] !== plan.id) continue;
    const known: unknown = query.state.data;
    // A read that was refused is newer than what it left in the cache.
    if (query.state.status === "success" && isPlanRecord(known) && known.version < plan.version)
      query.setData(plan, { manual: true });
  }
}

export function removePlan(queryClient: QueryClient, workspaceId: string, id: string): void {
  changeLists(queryClient, workspaceId, (plans) => {
    const left = plans.filter((plan) => plan.id !== id);
    return left.length === plans.length ? plans : left;
  });
}

/** The list with the plan at its place in its column, or the same list when it holds this version or a newer one. */
export function withPlan(plans: readonly PlanRecord[], plan: PlanRecord): readonly PlanRecord[] {
  const known = plans.find(({ id }) => id === plan.id);
  if (known && known.version >= plan.version) return plans;
  const others = plans.filter(({ id }) => id !== plan.id);
  const isAfter = (other: PlanRecord) =>
    other.position > plan.position || (other.position === plan.position && other.id > plan.id);
  const next = others.findIndex((other) => other.status === plan.status && isAfter(other));
  const lastOfColumn = others.findLastIndex((other) => other.status === plan.status);
  const index = next >= 0 ? next : lastOfColumn >= 0 ? lastOfColumn + 1 : others.length;
  return others.toSpliced(index, 0, plan);
}

function changeLists(
  queryClient: QueryClient,
  workspaceId: string,
  change: (plans: readonly PlanRecord[]) => readonly PlanRecord[],
): void {
  const cache = queryClient.getQueryCache();
  for (const hash of planLists(queryClient, workspaceId)) {
    const query = cache.get(hash);
    const plans: unknown = query?.state.data;
    if (!query || !Array.isArray(plans) || !plans.every(isPlanRecord)) continue;
    const changed = change(plans);
    if (changed !== plans) query.setData(changed, { manual: true });
  }
}
