/**
 * Many mutations as one: what is done through this store becomes visible with the transaction's commit, or not at all.
 * For bulk work before anybody reads (the demo's history); a request never takes it.
 */
import { sql } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { enterScope, type Store, type Tx } from "./store.ts";

/** Only its `read`, `write` and `system` may be used. They must not overlap: they share one transaction. */
export function asOneTransaction<T>(store: Store, fn: (inner: Store) => Promise<T>): Promise<T> {
  return store.system(async (tx) => {
    let entered: Scope | null = null;
    const scoped = async <R>(scope: Scope, run: (tx: Tx) => Promise<R>): Promise<R> => {
      if (entered !== scope) await enterScope(tx, scope);
      entered = scope;
      return run(tx);
    };
    return fn({
      ...store,
      read: scoped,
      write: scoped,
      async system(run) {
        // Back to the role of the host itself.
        if (entered) await tx.execute(sql`select set_config('role', 'none', true)`);
        entered = null;
        return run(tx);
      },
    });
  });
}
