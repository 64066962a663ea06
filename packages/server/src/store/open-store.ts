/** Opens the one store of this process: a PGlite folder, or PostgreSQL by its address; migrates it before anybody reads. */
import { join } from "node:path";
import { mkdir } from "node:fs/promises";
import { PGlite, type PGliteOptions } from "@electric-sql/pglite";
import { eq, sql, type SQL } from "drizzle-orm";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import { migrate as migratePglite } from "drizzle-orm/pglite/migrator";
import { drizzle as drizzlePostgres } from "drizzle-orm/postgres-js";
import { migrate as migratePostgres } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import * as schema from "./schema.ts";
import { lockFolder } from "./folder-lock.ts";
import { enterScope, EPOCH_CHANNEL, ring, RING_ALL, type Db, type Store, type Tx } from "./store.ts";

const MIGRATIONS = join(import.meta.dirname, "../../migrations");
/** Any number, the same in every host: hosts that start together migrate one after the other. */
const MIGRATION_LOCK = 7_312_001;

/** The store that the configuration names. */
export function openStore(config: { databaseUrl: string | null; dataDir: string }): Promise<Store> {
  return config.databaseUrl ? openPostgresStore(config.databaseUrl) : openEmbeddedStore(config.dataDir);
}

/** Opens or makes the embedded store in a folder. Throws `StoreLockedError` when another process has it open. */
export async function openEmbeddedStore(folder: string, options: PGliteOptions = {}): Promise<Store> {
  await mkdir(folder, { recursive: true });
  const unlock = await lockFolder(folder);
  let client: PGlite | null = null;
  try {
    client = await PGlite.create({ ...options, dataDir: join(folder, "pg") });
    return await embeddedStore(client, unlock);
  } catch (error) {
    // Whoever takes the lock next must find nobody at work.
    await client?.close().catch(() => {});
    await unlock();
    throw withWords(error, folder);
  }
}

/** PGlite's file system throws what says nothing but a number, and is no error of this realm. */
function withWords(error: unknown, folder: string): unknown {
  const { message, errno } = error as { message?: unknown; errno?: unknown };
  if (message) return error;
  return new Error(`the store in ${folder} could not be opened (errno ${String(errno)})`, { cause: error });
}

/** The embedded store on a client that is already open: for tests, which load a migrated dump into memory. */
export async function embeddedStore(client: PGlite, onClose: () => Promise<void> = async () => {}): Promise<Store> {
  const db = drizzlePglite(client, { schema });
  await migratePglite(db, { migrationsFolder: MIGRATIONS });
  return createStore({
    kind: "embedded",
    db: asDb(db),
    rows: async <T>(statement: SQL) => (await db.execute(statement)).rows as T[],
    listen: async (channel, onRing) => {
      const stop = await client.listen(channel, onRing);
      return () => stop();
    },
    close: async () => {
      await client.close();
      await onClose();
    },
  });
}

/** Opens PostgreSQL (15 or newer). `max` connections are shared by all requests of this host. */
export async function openPostgresStore(url: string, { max = 10 }: { max?: number } = {}): Promise<Store> {
  const client = postgres(url, { max, onnotice: () => {}, connection: { application_name: "signalbox" } });
  try {
    await client.reserve().then(async (reserved) => {
      try {
        await reserved`select pg_advisory_lock(${MIGRATION_LOCK})`;
        // The migrator takes a client of its own; the lock is held by this one meanwhile.
        await migratePostgres(drizzlePostgres(client, { schema }), { migrationsFolder: MIGRATIONS });
        await reserved`select pg_advisory_unlock(${MIGRATION_LOCK})`;
      } finally {
        reserved.release();
      }
    });
  } catch (error) {
    await client.end({ timeout: 1 });
    throw error;
  }
  const db = drizzlePostgres(client, { schema });
  return createStore({
    kind: "postgres",
    db: asDb(db),
    rows: async <T>(statement: SQL) => [...(await db.execute(statement))] as T[],
    listen: async (channel, onRing) => {
      // Called again after each reconnect: rings in between are lost, so everything is rung.
      const listening = await client.listen(channel, onRing, () => onRing(RING_ALL));
      return () => listening.unlisten();
    },
    close: () => client.end({ timeout: 2 }),
  });
}

interface Engine extends Pick<Store, "kind" | "db" | "rows" | "listen" | "close"> {}

async function createStore(engine: Engine): Promise<Store> {
  const { db } = engine;
  const readEpoch = async () =>
    (await db.select().from(schema.storeMeta).where(eq(schema.storeMeta.id, 1)))[0]?.epoch ?? 1;
  let epoch = await readEpoch();
  const epochListeners = new Set<() => void>();
  async function learnEpoch(): Promise<void> {
    const read = await readEpoch();
    if (read === epoch) return;
    epoch = read;
    for (const listener of epochListeners) listener();
  }
  // A ring whose read fails is not the last word: the listener is rung again when its connection comes back.
  const unlisten = await engine.listen(EPOCH_CHANNEL, () => void learnEpoch().catch(() => {}));
  let closing: Promise<void> | null = null;
  return {
    ...engine,
    epoch: () => epoch,
    async raiseEpoch() {
      await db.transaction(async (tx) => {
        await tx.update(schema.storeMeta).set({ epoch: sql`${schema.storeMeta.epoch} + 1` });
        await ring(asTx(tx), EPOCH_CHANNEL, "");
      });
      await learnEpoch();
      return epoch;
    },
    onEpochRaised(listener) {
      epochListeners.add(listener);
      return () => epochListeners.delete(listener);
    },
    read: (scope, fn) =>
      db.transaction(
        async (tx) => {
          await enterScope(asTx(tx), scope);
          return fn(asTx(tx));
        },
        { isolationLevel: "repeatable read", accessMode: "read only" },
      ),
    write: (scope, fn) =>
      db.transaction(async (tx) => {
        await enterScope(asTx(tx), scope);
        return fn(asTx(tx));
      }),
    system: (fn) => db.transaction((tx) => fn(asTx(tx))),
    async ping() {
      await db.execute(sql`select 1`);
    },
    close() {
      closing ??= unlisten().then(engine.close);
      return closing;
    },
  };
}

/** Both drivers build the same queries; they differ in what `execute` returns, which nobody here reads. */
function asDb(db: unknown): Db {
  return db as Db;
}

function asTx(tx: unknown): Tx {
  return tx as Tx;
}
