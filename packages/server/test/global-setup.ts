/** Makes what every test file starts from: a dump of a migrated embedded store, and word whether PostgreSQL is there. */
import { PGlite } from "@electric-sql/pglite";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import type { TestProject } from "vitest/node";
import { embeddedStore } from "../src/store/open-store.ts";

declare module "vitest" {
  export interface ProvidedContext {
    dumpPath: string;
    /** Null: no PostgreSQL on this machine. */
    postgresUrl: string | null;
  }
}

const DEFAULT_URL = "postgres://postgres@127.0.0.1:5432/test";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-test-"));
  const client = await PGlite.create();
  await embeddedStore(client);
  const dump = await client.dumpDataDir("none");
  await client.close();
  const dumpPath = join(folder, "migrated.tar");
  await writeFile(dumpPath, Buffer.from(await dump.arrayBuffer()));
  project.provide("dumpPath", dumpPath);
  project.provide("postgresUrl", await reachablePostgres());
  return () => rm(folder, { recursive: true, force: true });
}

/** On a machine without PostgreSQL its tests are skipped, and say so; continuous integration must have it. */
async function reachablePostgres(): Promise<string | null> {
  const url = process.env["SIGNALBOX_TEST_DATABASE_URL"] ?? DEFAULT_URL;
  const client = postgres(url, { max: 1, connect_timeout: 3, onnotice: () => {} });
  try {
    await client`select 1`;
    return url;
  } catch (error) {
    if (process.env["CI"] === "true") {
      throw new Error("SIGNALBOX_TEST_DATABASE_URL must be a PostgreSQL that answers: CI tests both stores.", {
        cause: error,
      });
    }
    process.stderr.write("PostgreSQL does not answer at SIGNALBOX_TEST_DATABASE_URL: its tests are skipped.\n");
    return null;
  } finally {
    await client.end({ timeout: 1 });
  }
}
