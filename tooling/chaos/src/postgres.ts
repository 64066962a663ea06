/**
 * PostgreSQL for a run: a cluster of its own where the binaries are, so that it can be killed; else a database on the server
 * that answers already, of which only our own connections are ever ended.
 */
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { ChaosError } from "./chaos-error.ts";
import { POSTGRES_URL } from "./config.ts";
import { freePort } from "./free-port.ts";
import { until } from "./until.ts";

export interface Postgres {
  readonly url: string;
  /** How it is struck, in words. */
  readonly blow: string;
  /** With a cluster of its own: an immediate stop, as in a crash, and a start. Else every connection of the database ends. */
  strike(): Promise<void>;
  drop(): Promise<void>;
}

export async function startPostgres({ isCluster }: { isCluster: boolean }): Promise<Postgres> {
  const bin = isCluster ? findBinaries() : null;
  return bin ? startCluster(bin) : createDatabase();
}

/** Whether PostgreSQL answers where tests look for it. */
export async function hasPostgres(): Promise<boolean> {
  const sql = postgres(POSTGRES_URL, { max: 1, connect_timeout: 3, onnotice: () => {} });
  try {
    await sql`select 1`;
    return true;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** The newest server that Debian's packages or the PATH have; null where there is none, or nobody to run it as. */
function findBinaries(): string | null {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : [];
  const bin = versions.map((version) => join(root, version, "bin")).find((path) => existsSync(join(path, "initdb")));
  return bin !== undefined && (process.getuid?.() !== 0 || postgresUser() !== null) ? bin : null;
}

/** The server refuses to run as root: then it runs as the packages' own user. */
function postgresUser(): { uid: number; gid: number } | null {
  try {
    const of = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { stdio: "pipe" }).toString());
    return { uid: of("-u"), gid: of("-g") };
  } catch {
    return null;
  }
}

async function startCluster(bin: string): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-chaos-pg-"));
  const user = process.getuid?.() === 0 ? postgresUser() : null;
  if (user) chownSync(folder, user.uid, user.gid);
  const port = await freePort();
  const data = join(folder, "data");
  const run = (program: string, ...args: string[]): void => {
    execFileSync(join(bin, program), args, { stdio: "ignore", cwd: folder, ...user });
  };
  const start = (): void =>
    run("pg_ctl", "-D", data, "-w", "-l", join(folder, "log"), "-o", `-p ${port} -k ${folder} -h 127.0.0.1`, "start");
  const end = (): void => {
    run("pg_ctl", "-D", data, "-m", "immediate", "stop");
    rmSync(folder, { recursive: true, force: true });
  };
  run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-instructions");
  start();
  // A server daemonizes: a suite that is interrupted would leave it running.
  process.once("exit", end);
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    blow: "pg_ctl stop -m immediate, and a start",
    async strike() {
      run("pg_ctl", "-D", data, "-m", "immediate", "stop");
      start();
      await Promise.resolve();
    },
    async drop() {
      process.off("exit", end);
      end();
      await Promise.resolve();
    },
  };
}

async function createDatabase(): Promise<Postgres> {
  const admin = postgres(POSTGRES_URL, { max: 1, onnotice: () => {} });
  const name = `signalbox_chaos_${process.pid}_${Date.now()}`;
  try {
    await admin.unsafe(`create database ${name}`);
  } catch (error) {
    await admin.end({ timeout: 1 });
    throw new ChaosError(`SIGNALBOX_TEST_DATABASE_URL must be a PostgreSQL that answers: ${String(error)}`);
  }
  const url = new URL(POSTGRES_URL);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    blow: "pg_terminate_backend on every connection",
    async strike() {
      await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
    },
    async drop() {
      await until("the run's database is dropped", async () => {
        await admin.unsafe(`drop database if exists ${name} with (force)`);
        return true;
      });
      await admin.end({ timeout: 1 });
    },
  };
}

/** The turn's log as the table has it, past every host. */
export async function readLogTable(databaseUrl: string, turnId: string): Promise<unknown[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const rows = await sql<{ seq: number; at: number | string; body: object }[]>`
      select seq, at, body from log_entry where log = ${`turn:${turnId}`} order by seq`;
    return rows.map(({ seq, at, body }) => ({ seq, at: Number(at), ...body }));
  } finally {
    await sql.end({ timeout: 1 });
  }
}
