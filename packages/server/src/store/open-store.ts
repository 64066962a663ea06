/** Opens the one store of this process: a PGlite folder, or PostgreSQL by its address; migrates it before anybody reads. */
import { join } from "node:path";
import { mkdir } from "node:fs/promises";
import { PGlite } from "@electric-sql/pglite";
import { eq, sql, type SQL } from "drizzle-orm";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import { migrate as migratePglite } from "drizzle-orm/pglite/migrator";
import { drizzle as drizzlePostgres } from "drizzle-orm/postgres-js";
import { migrate as migratePostgres } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import * as schema from "./schema.ts";
import { requireRoom, watchDisk } from "./disk-space.ts";
import { lockFolder } from "./folder-lock.ts";
import { codesOf, StoreFullError } from "./store-down.ts";
import { enterScope, EPOCH_CHANNEL, ring, RING_ALL, type Db, type Store, type Tx } from "./store.ts";
import { createGate, type Gate } from "./transaction-gate.ts";

const MIGRATIONS = join(import.meta.dirname, "../../migrations");
/** SQLSTATE of a write in a transaction that may only read. */
const READ_ONLY_TRANSACTION = "25006";
/** Any number, the same in every host: hosts that start together migrate one after the other. */
const MIGRATION_LOCK = 7_312_001;

/** What PostgreSQL ends by itself, so that nobody's slip stops a workspace for ever. Milliseconds. */
export interface PostgresLimits {
  /** For a row's lock: longer than any transaction of ours holds one, and short enough for who waits for the answer. */
  lockMs: number;
  /** For one statement. Pruning takes longer, and says so (`takesItsTime`). */
  statementMs: number;
  /** A host that stopped in the middle of a transaction holds its locks for so long. It must be able to sleep through less. */
  idleInTransactionMs: number;
  /** For a free connection of this host. */
  connectionMs: number;
}

const POSTGRES_LIMITS: PostgresLimits = {
  lockMs: 5_000,
  statementMs: 30_000,
  idleInTransactionMs: 10_000,
  connectionMs: 5_000,
};

/** Single statements do not go through the gate: the tails of open streams, and sign-in's own queries. */
const CONNECTIONS_BESIDE = 2;

/** Requests that wait for a connection. More of them are refused at once: they would not be answered in time. */
const WAITING_MAX = 1_000;

/** A server that does not answer at all is not waited for. */
const CONNECT_SECONDS = 10;
const PING_MS = 5_000;

/** The store that the configuration names. `onFull`: an embedded one's disk is full, or is so no longer. */
export function openStore(
  config: { databaseUrl: string | null; dataDir: string },
  { onFull }: Pick<EmbeddedOptions, "onFull"> = {},
): Promise<Store> {
  return config.databaseUrl ? openPostgresStore(config.databaseUrl) : openEmbeddedStore(config.dataDir, { onFull });
}

interface EmbeddedOptions {
  /** Whose disk is watched; null for a store in memory. */
  folder?: string | null;
  onFull?: ((isFull: boolean) => void) | undefined;
  onClose?: () => Promise<void>;
}

/**
 * Opens or makes the embedded store in a folder. Throws `StoreLockedError` when another process has it open, and
 * `DiskFullError` when there is no room on the disk.
 */
export async function openEmbeddedStore(
  folder: string,
  { onFull }: Pick<EmbeddedOptions, "onFull"> = {},
): Promise<Store> {
  await mkdir(folder, { recursive: true });
  await requireRoom(folder);
  const unlock = await lockFolder(folder);
  let client: PGlite | null = null;
  try {
    client = await PGlite.create({ dataDir: join(folder, "pg") });
    return await embeddedStore(client, { folder, onFull, onClose: unlock });
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

/**
 * The embedded store on a client that is already open: in memory for tests, which load a migrated dump. With a folder its
 * disk is watched.
 */
export async function embeddedStore(
  client: PGlite,
  { folder = null, onFull = () => {}, onClose = async () => {} }: EmbeddedOptions = {},
): Promise<Store> {
  const db = drizzlePglite(client, { schema });
  await migratePglite(db, { migrationsFolder: MIGRATIONS });
  let isFull = false;
  const watch = folder === null ? null : watchDisk({ folder, onChange: refuseWrites });

  /** The database itself refuses them, whoever asks: sign-in brings queries of its own. */
  async function refuseWrites(refused: boolean): Promise<void> {
    // Told before, and taken back after: no write is refused without a reason.
    if (refused) isFull = true;
    await client.exec(`set default_transaction_read_only = ${refused ? "on" : "off"}`);
    isFull = refused;
    onFull(refused);
  }

  return createStore({
    kind: "embedded",
    isFull: () => isFull,
    // It has one connection, and a queue of its own in front of it that nobody else can hold up.
    gate: (run) => run(),
    db: asDb(db),
    rows: async <T>(statement: SQL) => (await db.execute(statement)).rows as T[],
    listen: async (channel, onRing) => {
      const stop = await client.listen(channel, onRing);
      return () => stop();
    },
    close: async () => {
      await watch?.stop();
      await client.close();
      await onClose();
    },
  });
}

/** Opens PostgreSQL (15 or newer). At most `max` transactions of this host are under way at once. */
export async function openPostgresStore(
  url: string,
  { max = 10, limits: given = {} }: { max?: number; limits?: Partial<PostgresLimits> } = {},
): Promise<Store> {
  const limits = { ...POSTGRES_LIMITS, ...given };
  await migrateDatabase(url);
  const client = postgres(url, {
    max: max + CONNECTIONS_BESIDE,
    connect_timeout: CONNECT_SECONDS,
    // No column is an array. The driver's own question at each new connection would reject into the void if it died.
    fetch_types: false,
    onnotice: () => {},
    connection: {
      application_name: "signalbox",
      lock_timeout: limits.lockMs,
      statement_timeout: limits.statementMs,
      idle_in_transaction_session_timeout: limits.idleInTransactionMs,
    },
  });
  const db = drizzlePostgres(client, { schema });
  return createStore({
    kind: "postgres",
    // Its disk is its administrator's. A server without room answers with an error, and lives.
    isFull: () => false,
    gate: createGate({ size: max, waitMs: limits.connectionMs, maxWaiting: WAITING_MAX }),
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

/** With connections of its own, which no limit ends: a migration takes as long as it takes. */
async function migrateDatabase(url: string): Promise<void> {
  const client = postgres(url, { max: 2, connect_timeout: CONNECT_SECONDS, onnotice: () => {} });
  try {
    const reserved = await client.reserve();
    await reserved`select pg_advisory_lock(${MIGRATION_LOCK})`;
    // The migrator takes the other connection; the lock is held by this one meanwhile, and ends with it.
    await migratePostgres(drizzlePostgres(client, { schema }), { migrationsFolder: MIGRATIONS });
    reserved.release();
  } finally {
    await client.end({ timeout: 1 });
  }
}

interface Engine extends Pick<Store, "kind" | "db" | "rows" | "listen" | "isFull" | "close"> {
  /** Lets as many transactions in as there are connections for. */
  gate: Gate;
}

async function createStore({ gate, ...engine }: Engine): Promise<Store> {
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
  /** What may write: a refusal for want of room is told as such. */
  async function writing<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await gate(run);
    } catch (error) {
      if (engine.isFull() && codesOf(error).includes(READ_ONLY_TRANSACTION)) throw new StoreFullError(error);
      throw error;
    }
  }

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
      gate(() =>
        db.transaction(
          async (tx) => {
            await enterScope(asTx(tx), scope);
            return fn(asTx(tx));
          },
          { isolationLevel: "repeatable read", accessMode: "read only" },
        ),
      ),
    write: (scope, fn) =>
      writing(() =>
        db.transaction(async (tx) => {
          await enterScope(asTx(tx), scope);
          return fn(asTx(tx));
        }),
      ),
    system: (fn) => writing(() => db.transaction((tx) => fn(asTx(tx)))),
    async ping() {
      const asked = Promise.resolve(db.execute(sql`select 1`));
      await withTimeout(asked, PING_MS);
    },
    close() {
      closing ??= unlisten().then(engine.close);
      return closing;
    },
  };
}

/** Rejects after `ms`. What was asked goes on; what becomes of it is nobody's business any more. */
async function withTimeout(asked: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`The store did not answer for ${ms} ms.`)), ms);
  });
  await Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

/** Both drivers build the same queries; they differ in what `execute` returns, which nobody here reads. */
function asDb(db: unknown): Db {
  return db as Db;
}

function asTx(tx: unknown): Tx {
  return tx as Tx;
}
