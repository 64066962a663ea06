/** Both stores, for tests that hold on either: an embedded one in memory, and a PostgreSQL database of the file's own. */
import { PGlite } from "@electric-sql/pglite";
import { randomUUID } from "node:crypto";
import { openAsBlob } from "node:fs";
import postgres from "postgres";
import { describe, inject } from "vitest";
import { embeddedStore, openPostgresStore } from "../src/store/open-store.ts";
import type { Store } from "../src/store/store.ts";

export interface OpenedStore {
  store: Store;
  /** A further host's store on the same data; null where only one can be open. */
  openAnother: (() => Promise<Store>) | null;
  /** The address, for a host process of its own. */
  url: string | null;
  close(): Promise<void>;
}

async function openEmbedded(): Promise<OpenedStore> {
  const client = await PGlite.create({ loadDataDir: await openAsBlob(inject("dumpPath")) });
  const store = await embeddedStore(client);
  return { store, openAnother: null, url: null, close: () => store.close() };
}

export async function openPostgres(): Promise<OpenedStore> {
  const base = inject("postgresUrl");
  if (!base) throw new Error("no PostgreSQL");
  const name = `signalbox_${randomUUID().replaceAll("-", "")}`;
  const admin = postgres(base, { max: 1, onnotice: () => {} });
  await admin.unsafe(`create database ${name}`);
  const url = new URL(base);
  url.pathname = `/${name}`;
  const opened: Store[] = [];
  const open = async () => {
    const store = await openPostgresStore(url.href, { max: 6 });
    opened.push(store);
    return store;
  };
  return {
    store: await open(),
    openAnother: open,
    url: url.href,
    async close() {
      await Promise.all(opened.map((store) => store.close()));
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end({ timeout: 1 });
    },
  };
}

const KINDS = [
  { kind: "the embedded store", open: openEmbedded },
  { kind: "PostgreSQL", open: openPostgres },
];

/** The same tests on each store. */
export function describeStores(name: string, tests: (open: () => Promise<OpenedStore>) => void): void {
  for (const { kind, open } of KINDS) {
    const isAbsent = kind === "PostgreSQL" && inject("postgresUrl") === null;
    describe.skipIf(isAbsent)(`${name}, on ${kind}`, () => {
      tests(open);
    });
  }
}
