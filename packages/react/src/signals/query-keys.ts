import type { QueryKey } from "@tanstack/react-query";

/** A tRPC query as its key in the cache tells it. */
export interface QueryName {
  /** Router, as `plan`. */
  router: string;
  /** Procedure within it, as `list`. */
  procedure: string;
  input: Record<string, unknown>;
}

/** Reads `[["plan", "list"], { input, type }]`; null for a key that is not a query of ours. */
export function readQueryKey(key: QueryKey): QueryName | null {
  const [path, rest] = key;
  if (!Array.isArray(path) || path.length < 2) return null;
  const router: unknown = path[0];
  const procedure: unknown = path.at(-1);
  if (typeof router !== "string" || typeof procedure !== "string") return null;
  const input = isRecord(rest) && isRecord(rest["input"]) ? rest["input"] : {};
  return { router, procedure, input };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
