import type { Query } from "@tanstack/react-query";
import { isRecord } from "./query-keys.ts";

/** How a query is kept current, told in its `meta`. Queries that tell nothing are live lists or details. */
export type Liveness =
  /** Reads at once, then at most once per window. Also hears the subjects named. */
  | { mode: "list"; subjects?: readonly string[] }
  /** Watches many records: one refresh wave per burst. Hears the subjects named. */
  | { mode: "panel"; subjects: readonly string[] }
  /** Captured once a day, or finished: no signal reads it again. */
  | { mode: "daily" | "static"; subjects?: never };

/** For a query's options: `useQuery(input, { meta: liveness({ mode: "panel", subjects: ["plan"] }) })`. */
export function liveness(value: Liveness): { liveness: Liveness } {
  return { liveness: value };
}

export function livenessOf(query: Pick<Query, "meta">): Liveness {
  const value = query.meta?.["liveness"];
  return isLiveness(value) ? value : { mode: "list" };
}

function isLiveness(value: unknown): value is Liveness {
  return isRecord(value) && ["list", "panel", "daily", "static"].includes(String(value["mode"]));
}
