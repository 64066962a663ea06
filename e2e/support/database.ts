/** A PostgreSQL database of a test's own. Without a server: null, and a line that says so; under CI that is an error. */
import { randomUUID } from "node:crypto";
import postgres from "postgres";

const DEFAULT_URL = "postgres://postgres@127.0.0.1:5432/test";

export interface TestDatabase {
  url: string;
  /** A statement past all rules of rows: what another version of the product may have left there. */
  run(statement: string): Promise<void>;
  drop(): Promise<void>;
}

export async function createDatabase(): Promise<TestDatabase | null> {
  const base = process.env["SIGNALBOX_TEST_DATABASE_URL"] ?? DEFAULT_URL;
  const admin = postgres(base, { max: 1, connect_timeout: 3, onnotice: () => {} });
  const name = `signalbox_e2e_${randomUUID().replaceAll("-", "")}`;
  try {
    await admin.unsafe(`create database ${name}`);
  } catch (error) {
    await admin.end({ timeout: 1 });
    if (process.env["CI"] === "true") throw error;
    process.stderr.write("PostgreSQL does not answer at SIGNALBOX_TEST_DATABASE_URL: its browser tests are skipped.\n");
    return null;
  }
  const url = new URL(base);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async run(statement) {
      const direct = postgres(url.href, { max: 1, onnotice: () => {} });
      await direct.unsafe(statement).finally(() => direct.end({ timeout: 1 }));
    },
    async drop() {
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end({ timeout: 1 });
    },
  };
}
