/** A store that crashes before a chosen statement of what an act does with it, or behind the last of a transaction, before its commit. */
import { AsyncLocalStorage } from "node:async_hooks";
import { sql } from "drizzle-orm";
import type { Store, Tx } from "../src/store/store.ts";

export interface CrashingStore {
  store: Store;
  /** Runs the act; it crashes before its step `at`, counted from 0, where it has so many. The end of a transaction is a step too. */
  crashAt<T>(at: number, act: () => Promise<T>): Promise<T>;
  /** Crashes so far. */
  readonly crashes: number;
}

const STATEMENTS = new Set<PropertyKey>(["select", "insert", "update", "delete", "execute"]);

/**
 * On PostgreSQL the backend is killed, in the midst of the transaction, and what the act still sends meets a dead connection;
 * an embedded store has no backend to kill: there the statement throws, and the process lives on.
 */
export function createCrashingStore(inner: Store): CrashingStore {
  /** Of the act that runs: what the host does besides is left alone. */
  const acting = new AsyncLocalStorage<{ left: number }>();
  let crashes = 0;

  /** On PostgreSQL what is sent after this, on the same connection, comes too late: it need not be awaited. */
  const step = (tx: Tx): Promise<unknown> | undefined => {
    const act = acting.getStore();
    if (!act || act.left-- !== 0) return;
    crashes += 1;
    if (inner.kind === "embedded") throw new Error("A crash that was asked for");
    return Promise.resolve(tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`)).catch(() => undefined);
  };
  const watched = (tx: Tx): Tx =>
    new Proxy(tx, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (STATEMENTS.has(name)) void step(target);
          return Reflect.apply(value, target, args) as unknown;
        };
      },
    });
  const inTransaction =
    <T>(fn: (tx: Tx) => Promise<T>) =>
    async (tx: Tx): Promise<T> => {
      const done = await fn(watched(tx));
      await step(tx);
      return done;
    };

  return {
    store: {
      ...inner,
      write: (scope, fn) => inner.write(scope, inTransaction(fn)),
      system: (fn) => inner.system(inTransaction(fn)),
    },
    crashAt: (at, act) => acting.run({ left: at }, act),
    get crashes() {
      return crashes;
    },
  };
}
