/**
 * The store as the rest of the server sees it: transactions in a scope, transactions of the system, and a doorbell.
 * Which engine is behind it (embedded PGlite or PostgreSQL) is decided in `open-store.ts` and matters nowhere else.
 */
import { sql, type ExtractTablesWithRelations, type SQL } from "drizzle-orm";
import type { PgDatabase, PgQueryResultHKT, PgTransaction } from "drizzle-orm/pg-core";
import type { Scope } from "../access/scope.ts";
import type * as schema from "./schema.ts";

type Schema = typeof schema;
/** The transaction's own handle. Inside a transaction nothing else may be queried: on the embedded store it would hang for ever. */
export type Tx = PgTransaction<PgQueryResultHKT, Schema, ExtractTablesWithRelations<Schema>>;
export type Db = PgDatabase<PgQueryResultHKT, Schema>;

export interface Store {
  readonly kind: "embedded" | "postgres";
  /** Generation of the store; part of every cursor. */
  epoch(): number;
  /** Starts a new epoch, after a restore: every older cursor becomes a resync. Every host on this store hears of it. */
  raiseEpoch(): Promise<number>;
  /** Calls back after this process has learnt of a new epoch, whoever raised it. Returns its removal. */
  onEpochRaised(listener: () => void): () => void;
  /** A read-only snapshot of one workspace: all its queries see the same instant. Writes in it are refused. */
  read<T>(scope: Scope, fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** A transaction of one workspace. Only `signals/outbox` calls it: a mutation without its signals must not exist. */
  write<T>(scope: Scope, fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** A transaction above workspaces, for the host's own work: sign-in, relay, ingest, reaper, administration. */
  system<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** One reading statement above workspaces, with its rows as the driver gives them: for reads that count each microsecond. */
  rows<T>(statement: SQL): Promise<T[]>;
  /** A handle for libraries that bring their own queries (sign-in). */
  readonly db: Db;
  /** Rings after commits that notified this channel, and whenever rings may have been lost. Bound to lose some: poll as well. */
  listen(channel: string, onRing: (payload: string) => void): Promise<() => Promise<void>>;
  /** The disk is full: writes are refused with `STORE_FULL`, reads go on. It ends by itself when there is room. */
  isFull(): boolean;
  /** Throws when the store does not answer. */
  ping(): Promise<void>;
  /** May be called again. */
  close(): Promise<void>;
}

/** Rung when a new epoch was committed. */
export const EPOCH_CHANNEL = "signalbox_epoch";

/** What a listener hears when rings may have been lost: treat it as a ring for everything. */
export const RING_ALL = "*";

/** Binds a transaction to a scope: the role that can't bypass row-level security, the workspace and the person. */
export async function enterScope(tx: Tx, scope: Scope): Promise<void> {
  await tx.execute(sql`select set_config('role', 'signalbox_app', true),
    set_config('signalbox.workspace_id', ${scope.workspaceId}, true),
    set_config('signalbox.person_id', ${scope.personId}, true)`);
}

/** Rings a channel when the transaction commits, and not if it does not. */
export async function ring(tx: Tx, channel: string, payload: string): Promise<void> {
  await tx.execute(sql`select pg_notify(${channel}, ${payload})`);
}

/** For work that is in nobody's way and has much to do: its statements are not ended after the usual time. */
export async function takesItsTime(tx: Tx): Promise<void> {
  await tx.execute(sql`set local statement_timeout = '10min'`);
}
