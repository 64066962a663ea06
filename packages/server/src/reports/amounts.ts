/** Plans counted and their estimates added up, in the store. */
import { sql } from "drizzle-orm";
import { plan } from "../store/schema.ts";

export interface Amount {
  count: number;
  points: number;
}

/** For a `select` over plans. An estimate that is missing adds no points. */
export const amounts = {
  count: sql<number>`count(*)::int`,
  points: sql<number>`coalesce(sum(${plan.estimate}), 0)::int`,
};

export function addAmounts(amounts: readonly Amount[]): Amount {
  return amounts.reduce((sum, { count, points }) => ({ count: sum.count + count, points: sum.points + points }), {
    count: 0,
    points: 0,
  });
}
