/** A PostgreSQL database of the run's own, dropped at its end. */
import postgres from "postgres";
import { BenchError } from "./bench-error.ts";
import { POSTGRES_URL } from "./config.ts";

export interface Database {
  url: string;
  drop(): Promise<void>;
}

export async function createDatabase(): Promise<Database> {
  const admin = postgres(POSTGRES_URL, { max: 1, onnotice: () => {} });
  const name = `signalbox_bench_${process.pid}_${Date.now()}`;
  try {
    await admin.unsafe(`create database ${name}`);
  } catch (error) {
    await admin.end({ timeout: 1 });
    throw new BenchError(`SIGNALBOX_TEST_DATABASE_URL must be a PostgreSQL that answers: ${String(error)}`);
  }
  const url = new URL(POSTGRES_URL);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async drop() {
      await admin.unsafe(`drop database if exists ${name} with (force)`);
      await admin.end({ timeout: 1 });
    },
  };
}
